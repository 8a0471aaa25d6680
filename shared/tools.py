"""A tool is a plain typed function: signature and docstring are its schema, for OpenAI, REST and the docs.

    toolbox = Toolbox("info")

    @toolbox.tool(effect=Effect.READ, iam_actions=("s3:ListAllMyBuckets",))
    def list_s3_buckets(aws: Aws) -> BucketList:
        '''List the account's S3 buckets.'''

The first parameter is the worker's context and not part of the schema. Parameters are described in a
Google-style `Args:` section. The model is sent only the docstring's first paragraph, and of each parameter's text what
stands before its first full stop or semicolon; the rest is for `GET /v1/tools` and the docs.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, create_model

from shared.errors import InvalidArguments, NotFound
from shared.messages import Agent, Effect
from shared.text.similar import similar

# What checks them is made with the first call: a worker is ready without, and most tools are not called soon.
_ARGUMENTS = ConfigDict(extra="forbid", defer_build=True)


@dataclass(frozen=True, slots=True)
class Tool:
    """One registered function with its argument model; the JSON schemas are made when the catalogue is."""

    name: str
    agent: Agent
    effect: Effect
    description: str
    iam_actions: tuple[str, ...]
    function: Callable[..., Any]
    arguments_model: type[BaseModel]
    timeout: float
    internal: bool
    resumable: bool
    standing: bool

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        return parameters_schema(self.arguments_model)

    @property
    def returns(self) -> dict[str, Any]:
        """The JSON schema of its result."""
        return TypeAdapter(get_type_hints(self.function)["return"]).json_schema(mode="serialization")

    def validate(self, arguments: dict[str, JsonValue]) -> dict[str, Any]:
        """Return the arguments as typed values. Raises InvalidArguments naming every field that is wrong."""
        return typed_arguments(self.arguments_model, arguments, f"{self.name}: ")

    def call(self, context: Any, arguments: dict[str, JsonValue]) -> Any:
        return self.function(context, **self.validate(arguments))


class Toolbox:
    """The tools of one agent, by name. A name used twice raises at import."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self._tools: dict[str, Tool] = {}

    def tool(
        self,
        *,
        effect: Effect,
        iam_actions: tuple[str, ...] = (),
        timeout: float = 60.0,
        internal: bool = False,
        resumable: bool = False,
        standing: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a function. `timeout` is seconds; an `internal` tool is never offered to a model or over REST.

        `resumable`: the work of a call whose worker ended is continued by another call, which the gateway makes by
        itself. So a call over which several workers ended is not given up, only cut off. `standing`: it answers where
        a person's standing grant covers what is asked for.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            name = function.__name__
            if name in self._tools:
                raise ValueError(f"{self.agent}: the tool {name!r} is registered twice")
            summary, arguments = read_docstring(function)
            model = arguments_model(function, arguments)
            self._tools[name] = Tool(
                name=name,
                agent=self.agent,
                effect=effect,
                description=summary,
                iam_actions=iam_actions,
                function=function,
                arguments_model=model,
                timeout=timeout,
                internal=internal,
                resumable=resumable,
                standing=standing,
            )
            return function

        return register

    def __getitem__(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            raise NotFound(f"there is no tool {name!r}", code="unknown_tool") from None

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __contains__(self, name: object) -> bool:
        return name in self._tools


def arguments_model(function: Callable[..., Any], descriptions: dict[str, str]) -> type[BaseModel]:
    """Build the model of a function's arguments, all but the first (the context)."""
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (
            hints[parameter.name],
            Field(default, description=descriptions.get(parameter.name)),
        )
    return create_model(f"{function.__name__}_arguments", __config__=_ARGUMENTS, **fields)


def typed_arguments(model: type[BaseModel], arguments: Mapping[str, JsonValue], where: str = "") -> dict[str, Any]:
    """The arguments as typed values by name. Raises InvalidArguments: `where`, then every field that is wrong."""
    try:
        typed = model.model_validate(dict(arguments))
    except ValidationError as error:
        raise InvalidArguments(f"{where}{describe(error, set(model.model_fields) - arguments.keys())}") from None
    return {name: getattr(typed, name) for name in model.model_fields}


def parameters_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema OpenAI's function calling takes: an object, small, since every request carries it.

    Without pydantic's titles, without references, which not every server follows, and without the null that an
    optional argument may be instead of being left out.
    """
    schema = model.model_json_schema()
    cleaned: dict[str, Any] = _plain(schema, schema.get("$defs", {}))
    cleaned.pop("$defs", None)
    cleaned.setdefault("properties", {})
    return cleaned


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_plain(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        # What stands beside a reference, a description or a default, counts more than what it refers to.
        referred = definitions[schema["$ref"].rpartition("/")[2]]
        return _plain({**referred, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    if "default" in schema and schema["default"] in (None, []):
        options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key not in ("default", "anyOf")}
        if len(options) == 1:
            return _plain({**options[0], **rest}, definitions)
        schema = rest | ({"anyOf": options} if options else {})
    return {
        key: _plain(value, definitions)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def read_docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Split a Google-style docstring into the text before its sections and the `Args:` by name."""
    text = inspect.getdoc(function)
    if not text:
        raise ValueError(f"the tool {function.__name__!r} has no docstring")
    head, *sections = re.split(r"^(Args|Returns|Raises):\s*$", text, flags=re.MULTILINE)
    arguments: dict[str, str] = {}
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        if title == "Args":
            for name, described in re.findall(r"^ {4}(\w+): (.*(?:\n {8,}.*)*)", body, flags=re.MULTILINE):
                arguments[name] = " ".join(described.split())
    return " ".join(head.split()), arguments


def brief_of(function: Callable[..., Any]) -> str:
    """The first paragraph of a docstring, as one line: what the model is sent of a tool."""
    return " ".join((inspect.getdoc(function) or "").split("\n\n", 1)[0].split())


def describe(error: ValidationError, missing: Collection[str] = ()) -> str:
    """A pydantic error as one line that a model or a person can act on; it repeats none of the wrong values.

    `missing`: the fields that were not given, one of which an unknown one may mean.
    """
    parts = []
    for item in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"]) or "arguments"
        meant = similar(where, missing, most=1) if item["type"] == "extra_forbidden" else []
        parts.append(f"{where}: {item['msg']}" + (f" (did you mean {meant[0]}?)" if meant else ""))
    return "; ".join(parts[:10])
