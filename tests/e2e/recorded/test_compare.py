"""The recording's own tools: two runs of the same product are the same, and every other difference is seen."""

from __future__ import annotations

from typing import Any

from tests.e2e.recorded.compare import report
from tests.e2e.recorded.normalise import Normaliser
from tests.e2e.recorded.recording import events_of, merged

PLAN = "pln_" + "0123456789ab" * 2


def exchange(name: str = "a plan", **changed: Any) -> dict[str, Any]:
    request = {"method": "GET", "path": "/v1/plans/x", "session": "main"}
    return {"name": name, "request": request, "status": 200, "headers": {}, "body": {"steps": [1, 2]}} | changed


def step(number: int, **more: Any) -> dict[str, Any]:
    return {"call_id": f"trn_x.{number}", **more}


def test_the_same_recording_has_no_difference() -> None:
    assert report([exchange()], [exchange()]) == ""


def test_a_difference_names_request_and_path() -> None:
    found = report([exchange()], [exchange(body={"steps": [1, 3]})])
    assert "a plan  [GET /v1/plans/x]" in found
    assert "body.steps[1]: was 2, is 3" in found


def test_what_is_new_and_what_is_gone_is_told() -> None:
    found = report([exchange(headers={"location": "/x"})], [exchange(body={"steps": [0, 1, 2], "extra": None})])
    assert "headers.location: is gone" in found
    assert "body.extra: is new: null" in found
    assert "body.steps[0]: is new: 0" in found
    assert "body.steps[1]" not in found


def test_the_same_difference_in_several_requests_is_counted() -> None:
    names = [f"request {number}" for number in range(5)]
    found = report([exchange(name) for name in names], [exchange(name, status=500) for name in names])
    assert "5 times status: was 200, is 500" in found


def test_null_and_false_and_zero_are_not_the_same() -> None:
    assert report([exchange(body={"a": 0, "b": None})], [exchange(body={"a": False})]).count("body.") == 2


def test_requests_left_out_or_added_are_told() -> None:
    found = report([exchange("one"), exchange("two")], [exchange("one"), exchange("three")])
    assert "was not sent" in found
    assert "is not in the recording" in found


def test_an_id_is_named_by_the_request_that_showed_it_first_wherever_it_stands() -> None:
    normaliser = Normaliser()
    normaliser.begin("a plan is proposed")
    normaliser.value({"plan_id": PLAN})
    normaliser.begin("another")
    shown = normaliser.value({"links": {"self": f"/v1/plans/{PLAN}/undo"}, "turn_id": "trn_" + "0" * 24})
    assert shown == {"links": {"self": "/v1/plans/<pln: a plan is proposed>/undo"}, "turn_id": "<trn: another>"}


def test_the_ticket_of_a_link_is_not_recorded() -> None:
    assert Normaliser().value({"path": "/open?link=" + "A-_" + "b" * 40}) == {"path": "/open?link=<ticket>"}


def test_times_keep_their_form_and_versions_their_date() -> None:
    shown = Normaliser().value(["2026-11-22T21:03:17.000Z", "until 2026-11-22 21:03 UTC", "2012-10-17", "2026-11-22"])
    assert shown == ["0000-00-00T00:00:00.000Z", "until 0000-00-00 00:00 UTC", "2012-10-17", "0000-00-00"]


def test_counts_and_sizes_stay_and_durations_go() -> None:
    value = {"size_bytes": 7498703, "duration_ms": 12, "time": 1795646465506, "complete": True}
    assert Normaliser().value(value) == {"size_bytes": 7498703, "duration_ms": 0, "time": 0, "complete": True}


def test_how_many_processes_read_a_call_is_not_recorded() -> None:
    assert Normaliser().value({"tool": "list_ec2_instances", "parts": 1}) == {"tool": "list_ec2_instances"}
    assert Normaliser().value({"parts": ["a", "b"]}) == {"parts": ["a", "b"]}


def test_only_what_was_done_at_the_same_time_is_sorted() -> None:
    steps = [step(1, tool="b"), step(0, tool="a")]
    assert [one["tool"] for one in Normaliser().value(steps)] == ["a", "b"]
    assert Normaliser().value([{"name": "b"}, {"name": "a"}]) == [{"name": "b"}, {"name": "a"}]


def test_an_audit_entry_changes_its_place_within_its_plan_only() -> None:
    log = [
        {"kind": "step.done", "seq": 7, "data": {"plan_id": "p", "step_id": "b"}},
        {"kind": "step.done", "seq": 8, "data": {"plan_id": "p", "step_id": "a"}},
        {"kind": "plan.ended", "seq": 9, "data": {"plan_id": "p"}},
    ]
    shown = Normaliser().value(log)
    assert [(one["seq"], one["data"].get("step_id")) for one in shown] == [(7, "a"), (8, "b"), (9, None)]


def test_pieces_of_a_rounds_text_are_one_text() -> None:
    stream = "".join(
        f'event: text\ndata: {{"delta": "{delta}", "round": {number}}}\nid: {at}-0\n\n'
        for at, (delta, number) in enumerate([("a", 0), ("b", 0), ("c", 1)])
    )
    shown = merged(events_of(f": ping\n\n{stream}"))
    assert [event["data"] for event in shown] == [{"delta": "ab", "round": 0}, {"delta": "c", "round": 1}]
