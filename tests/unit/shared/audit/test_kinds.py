"""Each kind of entry is written by its service alone: refused where it is written, found where it is checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from shared.audit.chain import check
from shared.audit.kinds import IN_SERVICE_LOGS, IN_SESSION_LOGS, SERVICES, Kind, writer_fault
from shared.audit.log import Actor, AsyncAuditLog, AuditLog, Entry, Writer
from shared.audit.signers import SharedKey
from tests.unit.shared.audit.logs import KEYS, SIGNERS, a_log, entry_after

LOGS = ("ses_one", *(f"{service}.2026-11" for service in SERVICES))
# As docs/audit.md names them.
DOCUMENT = Path(__file__).parents[4] / "docs" / "audit.md"


def misplaced() -> list[tuple[str, str, str]]:
    """Every log, service and kind that do not belong together."""
    kinds = [*get_args(Kind), "plan.approved", ""]
    every = [(log, service, kind) for log in LOGS for service in SERVICES for kind in kinds]
    return [one for one in every if writer_fault(*one)]


def test_every_kind_has_its_writers() -> None:
    assert {*IN_SESSION_LOGS, *IN_SERVICE_LOGS} == set(get_args(Kind))
    assert not {*IN_SESSION_LOGS} & {*IN_SERVICE_LOGS}


@pytest.mark.parametrize(
    ("log", "service", "kind"),
    [
        ("ses_one", "executor", "plan.decided"),
        ("ses_one", "executor", "session.opened"),
        ("ses_one", "executor", "grant.made"),
        ("ses_one", "gateway", "step.done"),
        ("ses_one", "info", "tool.called"),
        ("ses_one", "advisor", "advisor.called"),
        ("ses_one", "executor", "task.dead"),
        ("executor.2026-11", "executor", "plan.decided"),
        ("executor.2026-11", "info", "task.dead"),
        ("executor.2026-11", "gateway", "session.refused"),
        ("ses_one", "gateway", "plan.approved"),
    ],
)
def test_what_another_service_writes_is_misplaced(log: str, service: str, kind: str) -> None:
    assert writer_fault(log, service, kind)


async def test_nobody_writes_what_is_not_his() -> None:
    places = misplaced()
    assert len(places) > 400
    # Refused before Redis is asked, which is not there.
    redis, asynchronous = Redis(port=1), AsyncRedis(port=1)
    for log, service, kind in places:
        writer = Writer(service, SIGNERS[service])  # type: ignore[arg-type]
        entry = Entry(kind)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="an audit entry of the kind"):
            AuditLog(redis, writer).append(log, entry)
        with pytest.raises(ValueError, match="an audit entry of the kind"):
            await AsyncAuditLog(asynchronous, writer).append(log, entry, actor=Actor("1", "arn"))


def test_what_a_hostile_service_writes_all_the_same_is_found_with_and_without_keys() -> None:
    for log, service, kind in misplaced():
        before = a_log(3) if log == "ses_one" else []
        forged = [*before, entry_after(before, kind, service, session_id=log)]

        for keys in (None, KEYS):
            (fault,) = check(forged, keys=keys, session_id=log).faults
            assert (fault.code, fault.entry) == ("wrong_writer", len(forged))


def test_the_fault_says_who_may_write_it() -> None:
    log = a_log(3)
    report = check([*log, entry_after(log, "plan.decided", "executor")], keys=KEYS)

    assert [fault.detail for fault in report.faults] == [
        "entry 4 (plan.decided): its writer is wrong: executor may not write entries of this kind; gateway may"
    ]


@pytest.mark.parametrize("name", ["gateway2", "", "executor\x1b[2J", "x" * 10_000])
def test_a_service_of_another_name_writes_nothing(name: str) -> None:
    log = a_log(3)
    report = check([*log, entry_after(log, "step.done", name, SharedKey(b"k"))], session_id="ses_one")

    assert [fault.code for fault in report.faults] == ["wrong_writer"]
    assert all(len(fault.detail) < 200 and fault.detail.isprintable() for fault in report.faults)


def test_the_service_logs_of_a_month_are_checked_like_a_sessions() -> None:
    log: list[dict[str, Any]] = []
    for kind in ("task.dead", "task.late"):
        log.append(entry_after(log, kind, "info", session_id="info.2026-11"))

    assert check(log, keys=KEYS, session_id="info.2026-11").valid
    assert not check(log, keys=KEYS, session_id="advisor.2026-11").valid


def test_the_document_names_each_kind_and_its_writers() -> None:
    rows = re.findall(r"^\| (`[a-z_.`, ]+) \| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    written = {
        kind: frozenset(re.findall("|".join(SERVICES), writers))
        for kinds, writers in rows
        for kind in re.findall(r"`([a-z_.]+)`", kinds)
        if kind in get_args(Kind)
    }
    table = {kind: frozenset(writers) for kind, writers in {**IN_SESSION_LOGS, **IN_SERVICE_LOGS}.items()}

    assert written == table
