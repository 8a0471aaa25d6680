"""botocore's parsers of XML answers, with what they do for every element prepared once per shape.

botocore asks the model about every element of an answer anew: what its members are called, whether a list is flat.
That is most of the time that reading a large answer takes. Here each shape gets a function that knows all this
(`Read`), kept on the shape, so that a service model that is shared is prepared once. What is rare (maps, unions,
attributes, errors, headers, an element that is repeated where the model has one) is left to botocore's own code, and so
is everything before and after the elements. Both give equal results for every shape of every service:
`tests/unit/shared/aws/answers/test_xml_parsers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from botocore.parsers import EC2QueryParser, QueryParser, ResponseParser, RestXMLParser

from shared.aws.answers.xml_cutting import Only, names_left_out, without

# From an element to its value.
Read = Callable[[Any], Any]


_only: ContextVar[Only | None] = ContextVar("read_only_members", default=None)


@contextmanager
def reading_only(only: Only) -> Iterator[None]:
    """Pass over what nobody asks for in large XML answers, in this thread: most of an instance is its interfaces."""
    token = _only.set(only)
    try:
        yield
    finally:
        _only.reset(token)


_PREPARED, _PASSED_OVER = "prepared_reads", "passed_over_names"
# Names under which an element was seen, with its namespace, of one structure; whoever answers chooses namespaces.
_MAX_SEEN = 1000
_UNSEEN: Any = object()
_NAMESPACE = re.compile(r"{.*}")
_ELSEWHERE = frozenset(ResponseParser.KNOWN_LOCATIONS)
# Its name, what reads one element, and whether it is a flat list, each of whose elements is one item.
_Member = tuple[str, Read, bool]


class _Prepared:
    """Mixed into a parser of botocore; only `_parse_shape`, through which all its parts go, is replaced."""

    botocores: type[ResponseParser]

    def _do_parse(self, response: dict[str, Any], shape: Any) -> Any:
        only, given = _only.get(), response
        if only is not None and shape is not None:
            given = {**response, "body": without(response["body"], self._passed_over(shape, only))}
        try:
            return super()._do_parse(given, shape)  # type: ignore[misc]
        except Exception:  # whatever botocore stumbles over, or passes over in what it does not read
            return self.botocores(self._timestamp_parser, self._blob_parser)._do_parse(response, shape)  # type: ignore[attr-defined]

    def _passed_over(self, shape: Any, only: Only) -> tuple[bytes, ...]:
        """The names of elements that hold others and are not read, in an answer of this shape."""
        names: dict[Only, tuple[bytes, ...]] = shape.__dict__.setdefault(_PASSED_OVER, {})
        if only not in names:
            names[only] = names_left_out(shape, only, self._member_key_name)  # type: ignore[attr-defined]
        return names[only]

    def _parse_shape(self, shape: Any, node: Any) -> Any:
        # Botocore's own code asks for what is repeated, and for flat lists, with all their elements.
        read = self._botocores(shape) if isinstance(node, list) else self._reader(shape, _only.get())
        return read(node)

    def _reader(self, shape: Any, only: Only | None) -> Read:
        reads: dict[Only | None, Read] = shape.__dict__.setdefault(_PREPARED, {})
        read = reads.get(only)
        if read is None:
            read = reads[only] = self._read_of(shape, only)
        return read

    def _read_of(self, shape: Any, only: Only | None) -> Read:
        kind, own = shape.type_name, self._botocores(shape)
        if shape.serialization.get("location"):
            return own
        if kind == "structure":
            return _structure(partial(self._members, shape, only), own) if self._is_plain(shape) else own
        if kind == "list":
            return self._list(shape, only)
        scalars: dict[str, Callable[[str], Any]] = {
            **dict.fromkeys(("integer", "long"), int),
            **dict.fromkeys(("float", "double"), float),
            "timestamp": self._timestamp_parser,  # type: ignore[attr-defined]  # of the parser it is mixed into
            "blob": self._blob_parser,  # type: ignore[attr-defined]
        }
        if kind in ("string", "character"):
            return lambda node: node.text or ""
        if kind == "boolean":
            return lambda node: node.text == "true"
        if kind in scalars:
            convert = scalars[kind]
            return lambda node: convert(node.text or "")
        return own

    def _botocores(self, shape: Any) -> Read:
        handler: Callable[[Any, Any], Any] | None = getattr(self, f"_handle_{shape.type_name}", None)
        return partial(handler or self._default_handle, shape)  # type: ignore[attr-defined]

    def _is_plain(self, shape: Any) -> bool:
        """Whether each child element is one member, and each member in one child element or a flat list of them."""
        if shape.metadata.get("exception") or shape.is_tagged_union:
            return False
        keys = [self._member_key_name(member, name) for name, member in shape.members.items()]  # type: ignore[attr-defined]
        attributes = any(member.serialization.get("xmlAttribute") for member in shape.members.values())
        return not attributes and len(set(keys)) == len(keys)

    def _list(self, shape: Any, only: Only | None) -> Read:
        flattened = bool(shape.serialization.get("flattened"))
        of_item: Read | None = None

        def read(node: Any) -> list[Any]:
            nonlocal of_item
            if of_item is None:  # not before: a structure may hold itself
                of_item = self._reader(shape.member, only)
            return [of_item(node)] if flattened else [of_item(item) for item in node]

        return read

    def _members(self, shape: Any, only: Only | None) -> dict[str, _Member]:
        """The members of a structure by the name of their elements."""
        wanted = only.members if only and only.structure == shape.name else shape.members
        members = {}
        for name, member in shape.members.items():
            elsewhere = member.serialization.get("location") in _ELSEWHERE
            if elsewhere or member.serialization.get("eventheader") or name not in wanted:
                continue
            flat = member.type_name == "list" and bool(member.serialization.get("flattened"))
            read = self._reader(member.member if flat else member, only)
            members[self._member_key_name(member, name)] = name, read, flat  # type: ignore[attr-defined]
        return members


def _structure(members_of: Callable[[], dict[str, _Member]], own: Read) -> Read:
    """Reads one structure; `own` does so as botocore does."""
    members: dict[str, _Member] = {}
    # The same by element name with its namespace; None for what the model does not have.
    seen: dict[str, _Member | None] = {}

    def member_of(node: Any) -> _Member | None:
        if not members:  # not before: a structure may hold itself
            members.update(members_of())
        found = members.get(_NAMESPACE.sub("", node.tag))
        if len(seen) < _MAX_SEEN:
            seen[node.tag] = found
        return found

    def read(node: Any) -> Any:
        parsed: dict[str, Any] = {}
        for child in node:
            member = seen.get(child.tag, _UNSEEN)
            if member is _UNSEEN:
                member = member_of(child)
            if member is None:
                continue
            name, read_one, flat = member
            if name not in parsed:
                parsed[name] = [read_one(child)] if flat else read_one(child)
            elif flat:
                parsed[name].append(read_one(child))
            else:
                return own(node)
        return parsed

    return read


class PreparedEc2(_Prepared, EC2QueryParser):  # type: ignore[misc]  # botocore has no types
    """EC2's answers."""

    botocores = EC2QueryParser


class PreparedQuery(_Prepared, QueryParser):  # type: ignore[misc]
    """Answers of the query protocol, such as IAM's."""

    botocores = QueryParser


class PreparedRestXml(_Prepared, RestXMLParser):  # type: ignore[misc]
    """S3's answers, and those of Route 53 and CloudFront."""

    botocores = RestXMLParser


XML_PARSERS: dict[str, type[ResponseParser]] = {
    "ec2": PreparedEc2,
    "query": PreparedQuery,
    "rest-xml": PreparedRestXml,
}
