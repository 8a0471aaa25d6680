"""The session's fences at the gateway: what they leave out is refused before a worker is asked, and not offered.

The workers check again, every call of AWS and every step (`shared/sessions/fences.py`): what they were sealed counts,
not this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from services.orchestrator.sessions.session import Session
from shared.catalog import CATALOG, CatalogEntry
from shared.plans.step import ProposedStep
from shared.sessions.accounts import select
from shared.sessions.fences import Perimeter

_BY_NAME: Mapping[str, CatalogEntry] = {entry.name: entry for entry in CATALOG}


def check_read(session: Session, tool: str, arguments: Mapping[str, JsonValue]) -> None:
    """Raise Forbidden for a call of a reading tool whose every action, or one of whose regions, is left out."""
    perimeter, entry = session.perimeter, _BY_NAME.get(tool)
    if not perimeter or entry is None or entry.is_change or entry.agent == "advisor":
        return
    _check_some(perimeter, entry)
    for region in _texts(arguments.get("region"), arguments.get("regions")):
        perimeter.check_region(region)
    if accounts := _texts(arguments.get("accounts")):
        for account in select(session.all_accounts, accounts):
            perimeter.check_account(account.account, account.name)


def check_proposal(session: Session, steps: Iterable[ProposedStep]) -> None:
    """Raise Forbidden for a proposal in a read-only session, or with a step that is left out as a whole."""
    perimeter = session.perimeter
    perimeter.check_change()
    for step in steps:
        if entry := _BY_NAME.get(step.operation):
            _check_some(perimeter, entry)
        for region in _texts(step.arguments.get("region")):
            perimeter.check_region(region)


def is_inside(perimeter: Perimeter, entry: CatalogEntry) -> bool:
    """Whether a function may do anything in the session, so that it is worth offering."""
    return entry.agent == "advisor" or perimeter.lets_any(entry.iam_actions)


def _check_some(perimeter: Perimeter, entry: CatalogEntry) -> None:
    if not perimeter.lets_any(entry.iam_actions):
        perimeter.check_actions(entry.iam_actions)


def _texts(*values: JsonValue) -> list[str]:
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [item for item in flat if isinstance(item, str)]
