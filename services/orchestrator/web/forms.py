"""What a person sends: the fields of a form, taken from this site's own page and this browser alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, JsonValue, ValidationError
from starlette.datastructures import UploadFile

from services.orchestrator.routes.secrets import check_secrets
from services.orchestrator.web.safety import check_origin
from services.orchestrator.web.visit import CurrentVisit, Visit
from shared.errors import Forbidden, InvalidArguments

M = TypeVar("M", bound=BaseModel)
MAX_FIELDS = 500
CSRF_FIELD = "csrf"


class Form:
    """A form's fields by name, each with its values in the order of the page."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def text(self, name: str, most: int = 2000) -> str:
        """A field's text without blanks around it; empty where it is missing. Raises InvalidArguments."""
        value = next((value for key, value in self._fields if key == name), "").strip()
        if len(value) > most:
            raise InvalidArguments(f"{name}: {most} characters are the most", code="invalid_request")
        return value

    def all(self, name: str) -> list[str]:
        """Every value that a field was given, as boxes that were ticked."""
        return [value for key, value in self._fields if key == name]

    def under(self, prefix: str) -> dict[str, str]:
        """The fields whose names begin with the prefix, by the rest of their names."""
        return {key.removeprefix(prefix): value for key, value in self._fields if key.startswith(prefix)}

    def given(self) -> dict[str, JsonValue]:
        """All of it but the token, as it is searched for secrets."""
        return {key: value for key, value in self._fields if key != CSRF_FIELD}


def checked(kind: type[M], fields: Mapping[str, object]) -> M:
    """What the fields make. Raises InvalidArguments (`invalid_request`), which repeats nothing of what was written."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)[:5]]
        raise InvalidArguments("; ".join(found), code="invalid_request") from None


async def read_form(request: Request) -> Form:
    """FastAPI dependency: a form that needs no session. Raises Forbidden (`foreign_form`)."""
    check_origin(request)
    async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=256 * 1024) as form:
        # HTML sends a line break as two characters.
        fields = [
            (key, value.replace("\r\n", "\n")) for key, value in form.multi_items() if not isinstance(value, UploadFile)
        ]
    return Form(fields)


def _check_token(form: Form, visit: Visit) -> None:
    if not hmac.compare_digest(form.text(CSRF_FIELD).encode(), visit.csrf.encode()):
        raise Forbidden(
            "the form is not of this session: another one was opened in this browser since. Load the page again, and "
            "send it from there",
            code="foreign_form",
        )


async def own_form(form: Annotated[Form, Depends(read_form)], visit: CurrentVisit) -> Form:
    """FastAPI dependency: a form of this browser's own page. Raises Forbidden (`foreign_form`)."""
    _check_token(form, visit)
    return form


async def written_form(request: Request, form: Annotated[Form, Depends(own_form)]) -> Form:
    """FastAPI dependency: such a form, in which a person writes. Raises InvalidArguments (`secret_in_message`)."""
    check_secrets(form.given(), request.url.path)
    return form


OpenForm = Annotated[Form, Depends(read_form)]
OwnForm = Annotated[Form, Depends(own_form)]
WrittenForm = Annotated[Form, Depends(written_form)]
