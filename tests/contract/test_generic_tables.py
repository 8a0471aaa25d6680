"""The tables of single operations name only what botocore's models have, and reads that need no person's approval."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from services.executor.generic.derived import derived
from services.executor.generic.table import Entry, Look, services, table_of
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.messages import Effect

SERVICES = sorted(services())


def members(service: str, operation: str) -> set[str]:
    shape = operation_model(service, operation).input_shape
    return set(shape.members) if shape is not None else set()


def entries(service: str) -> Iterator[tuple[str, Entry]]:
    for operation, found in table_of(service).operations.items():
        yield from ((operation, entry) for entry in found)


def named_at_the_top(expression: str) -> set[str]:
    """The names that an expression over parameters begins with, as far as its form tells."""
    multi_hash = re.fullmatch(r"\{(.*)\}", expression.strip(), re.DOTALL)
    if not multi_hash:
        return set()
    inner, before = multi_hash[1], ""
    while inner != before:
        inner, before = re.sub(r"\{[^{}]*\}|\[[^\[\]]*\]", "", inner), inner
    return set(re.findall(r"(?:^|,)\s*(\w+):", inner))


@pytest.mark.parametrize("service", SERVICES)
def test_every_look_is_a_plain_read_that_takes_what_it_is_asked(service: str) -> None:
    for name, look in table_of(service).looks.items():
        read = find(service, look.read)
        assert read.name == look.read, f"{name}: {look.read} is spelled {read.name}"
        assert read.effect in (Effect.LIST, Effect.READ), f"{name}: {look.read} is {read.effect}"
        assert read.actions, f"{name}: nothing says which permission {look.read} needs"
        asked = named_at_the_top(look.ask or "")
        assert asked <= members(service, look.read), f"{name}: {look.read} takes no {asked}"
        assert first_of_shows(look) <= outputs(service, look), f"{name}: {look.read} answers none of {look.shows}"


def first_of_shows(look: Look) -> set[str]:
    found = re.match(r"[A-Za-z]+(?![\w(])", look.shows)
    return {found[0]} if found else set()


def outputs(service: str, look: Look) -> set[str]:
    return set(operation_model(service, look.read).output_shape.members)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_a_change_of_the_service_and_so_is_what_undoes_it(service: str) -> None:
    for operation, entry in entries(service):
        assert find(service, operation).name == operation
        assert find(service, operation).effect not in (Effect.LIST, Effect.READ, Effect.SENSITIVE_READ)
        for undo in entry.undo:
            assert find(service, undo.op).effect not in (Effect.LIST, Effect.READ, Effect.SENSITIVE_READ)
            if undo.with_ is None:
                required = operation_model(service, undo.op).input_shape.required_members
                assert set(required) <= members(service, operation), f"{operation}: {undo.op} needs {required}"
            else:
                given = named_at_the_top(re.sub(r"^[^{]*&& ", "", undo.with_)) - {undo.spread}
                assert given <= members(service, undo.op), f"{operation}: {undo.op} takes no {given}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_condition_is_over_parameters_that_the_operation_has(service: str) -> None:
    for operation, entry in entries(service):
        has = members(service, operation)
        for name in [*(entry.named or ()), entry.mentions, entry.lacks_mention, entry.token]:
            assert name is None or name in has, f"{operation}: there is no parameter {name}"
        for expression in (entry.when, entry.equals, entry.contains, entry.lacks):
            bare = re.sub(r"'[^']*'|`[^`]*`|\[\?[^\]]*\]|\]\.\{[^}]*\}", "", expression or "")
            values = re.findall(r"(?<![\w.'?])[A-Z]\w+(?!\w*[:'(])", bare)
            unknown = {value for value in values if value not in has}
            assert not unknown, f"{operation}: {expression} names {unknown}"


@pytest.mark.parametrize("service", SERVICES)
def test_what_undoes_an_operation_is_known_to_have_happened_where_it_is_cut_off(service: str) -> None:
    """Else undoing a plan would stop in doubt although AWS shows what there is."""
    for operation, entry in entries(service):
        for undo in entry.undo:
            assert is_known_when_cut_off(service, undo.op), f"{operation}: nothing shows whether {undo.op} happened"


def is_known_when_cut_off(service: str, operation: str) -> bool:
    """Whether a table declares a read, a token or that it may be repeated, or one is derived from the models."""
    if declared := table_of(service).operations.get(operation):
        return all(entry.look or entry.token or entry.repeatable for entry in declared)
    model = operation_model(service, operation)
    if model.idempotent_members or find(service, operation).effect is Effect.TAGGING:
        return True
    required = model.input_shape.required_members if model.input_shape is not None else []
    return derived(service, operation, dict.fromkeys(required, "x")) is not None
