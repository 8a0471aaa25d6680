"""What REST answers are made of: their base, times, and parts that are left out where there is nothing to say.

A model is filled once, from what was checked when it was read, and serialised once; `Json` parts are not looked
into again, so that a large result costs nothing on its way through.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

T = TypeVar("T")


class RestModel(BaseModel):
    """Base of what REST answers and a turn's events say; parts are taken from the attributes of what they show."""

    model_config = ConfigDict(frozen=True, from_attributes=True, defer_build=True)


class StoredRestModel(RestModel):
    """A REST model that is stored as well, with a turn: what a newer gateway said besides is kept, and written back."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})


def iso(timestamp: float) -> str:
    """Unix seconds as ISO 8601 in UTC with milliseconds, "2026-01-31T12:00:00.000Z"."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(value: object) -> object:
    return iso(value) if isinstance(value, int | float) else value


def _is_none(value: object) -> bool:
    return value is None


def _without_nones(value: BaseModel) -> Any:
    return value.model_dump(mode="json", exclude_none=True)


class _ModelSchema:
    """The JSON schema of a part with a serializer is the model's own: the serializer only leaves parts out."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        plain: Any = {name: part for name, part in core.items() if name != "serialization"}
        return handler(plain)


# JSON that was checked when it was read.
Json = Any
# A time as REST shows it; given as Unix seconds, or as such text.
Time = Annotated[str, BeforeValidator(_time), WithJsonSchema({"type": "string", "format": "date-time"})]
# A part that is left out where it is None. Write the default: `error: Omittable[ErrorAnswer] = None`.
Omittable = Annotated[T | None, Field(exclude_if=_is_none)]
# A model whose own parts are left out where they are None.
Compact = Annotated[T, PlainSerializer(_without_nones), _ModelSchema()]
