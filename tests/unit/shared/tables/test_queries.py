"""Queries over rows as AWS has them: nested, tagged, with lists, numbers as text and columns of several kinds."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import AssistantError
from tests.unit.shared.tables.conftest import Ask, in_process

VOLUMES: list[Any] = [
    {
        "VolumeId": f"vol-{number}",
        "Size": size,
        "State": {"Name": "available" if free else "in-use"},
        "Attachments": [] if free else [{"InstanceId": f"i-{number}", "Device": "a"}, {"InstanceId": "i-x"}],
        "Tags": [{"Key": "env", "Value": "prod" if number % 2 else "dev"}, {"Key": "aws:x.y/z", "Value": "1"}],
        "CreateTime": f"2026-0{number + 1}-01T10:00:00+00:00",
        "Zones": ["a", "b"] if number else ["c"],
        "Encrypted": number == 3,
    }
    for number, (size, free) in enumerate([(100, True), (500, False), (500, True), (20, True), (500, False)])
]
RESULT = {"volumes": VOLUMES, "count": 5, "regions": ["eu-west-1"]}


def ids(query: dict[str, Any], result: Any = RESULT) -> list[str]:
    return [row["VolumeId"] for row in in_process({"select": ["VolumeId"], **query}, result)[1]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("State.Name", "=", "available"), [0, 2, 3]),
        (("Attachments", "is_empty", None), [0, 2, 3]),
        (("Attachments", "not_empty", None), [1, 4]),
        (("Attachments.InstanceId", "=", "i-x"), [1, 4]),
        (("Attachments.InstanceId", "contains", "I-1"), [1]),
        (("Attachments.InstanceId", "!=", "i-1"), [0, 2, 3, 4]),
        (("Attachments.InstanceId", "in", ["i-1", "i-4"]), [1, 4]),
        (("Tags.env", "=", "prod"), [1, 3]),
        (("Tags.aws:x.y/z", "=", 1), [0, 1, 2, 3, 4]),
        (("Tags.owner", "is_empty", None), [0, 1, 2, 3, 4]),
        (("Zones", "contains", "a"), [1, 2, 3, 4]),
        (("Zones", "not_in", ["c"]), [1, 2, 3, 4]),
        (("CreateTime", ">", "2026-03-01T11:00:00+01:00"), [3, 4]),
        (("CreateTime", ">=", "2026-03-01"), [2, 3, 4]),
        (("CreateTime", "starts_with", "2026-03"), [2]),
        (("Encrypted", "=", True), [3]),
        (("Encrypted", "=", "true"), [3]),
        (("Encrypted", "!=", True), [0, 1, 2, 4]),
        (("Size", ">", "99"), [0, 1, 2, 4]),
        (("Size", "=", 500.0), [1, 2, 4]),
        (("VolumeId", "contains", "%"), []),
        (("VolumeId", "starts_with", "VOL-3"), [3]),
    ],
)
def test_a_condition_finds_rows_by_nested_values(condition: tuple[str, str, Any], found: list[int]) -> None:
    column, op, value = condition
    assert ids({"where": [{"column": column, "op": op, "value": value}]}) == [f"vol-{number}" for number in found]


def test_the_largest_unattached_volumes_and_how_many_are_as_large(ask: Ask) -> None:
    found, rows = ask(
        RESULT,
        where=[{"column": "Attachments", "op": "is_empty"}],
        sort=[{"column": "Size", "descending": True}],
        select=["VolumeId", "Size"],
        limit=2,
    )
    assert rows == [{"VolumeId": "vol-2", "Size": 500}, {"VolumeId": "vol-0", "Size": 100}]
    assert (found.matched, found.searched, found.tied_out) == (3, 5, 0)
    found, _ = ask(RESULT, sort=[{"column": "Size", "descending": True}], limit=1)
    assert (found.matched, found.tied_out) == (5, 2)


def test_without_columns_whole_rows_come_as_they_are(ask: Ask) -> None:
    assert ask(RESULT, where=[{"column": "Size", "op": "<", "value": 100}])[1] == [VOLUMES[3]]


def test_a_list_is_unnested_into_rows_of_its_elements() -> None:
    found, rows = in_process({"unnest": "Attachments", "select": ["VolumeId", "Attachments.InstanceId"]}, RESULT)
    assert found.searched == 4
    assert [row["Attachments.InstanceId"] for row in rows] == ["i-1", "i-x", "i-4", "i-x"]
    whole = in_process({"unnest": "Attachments", "limit": 1}, RESULT)[1]
    assert whole == [{**VOLUMES[1], "Attachments": {"InstanceId": "i-1", "Device": "a"}}]
    _, zones = in_process({"unnest": "Zones", "group_by": ["Zones"]}, RESULT)
    assert zones == [{"Zones": "a", "count": 4}, {"Zones": "b", "count": 4}, {"Zones": "c", "count": 1}]
    _, tags = in_process({"unnest": "Tags", "group_by": ["Tags.Key"]}, RESULT)
    assert [row["Tags.Key"] for row in tags] == ["aws:x.y/z", "env"]


def test_moments_are_grouped_by_a_part_of_their_time() -> None:
    _, rows = in_process({"group_by": ["CreateTime:year", "Tags.env"], "sort": [{"column": "count"}]}, RESULT)
    assert rows == [
        {"CreateTime:year": "2026", "Tags.env": "prod", "count": 2},
        {"CreateTime:year": "2026", "Tags.env": "dev", "count": 3},
    ]
    _, months = in_process(
        {"group_by": ["CreateTime:month"], "having": [_where("CreateTime:month", "2026-02")]}, RESULT
    )
    assert months == [{"CreateTime:month": "2026-02", "count": 1}]


def _where(column: str, value: Any, op: str = "=") -> dict[str, Any]:
    return {"column": column, "op": op, "value": value}


def test_groups_are_filtered_and_sorted_by_what_was_computed() -> None:
    query = {
        "group_by": ["State.Name"],
        "aggregates": [{"op": "sum", "column": "Size"}, {"op": "max", "column": "CreateTime", "name": "newest"}],
        "having": [_where("sum_Size", 700, ">")],
        "sort": [{"column": "newest", "descending": True}],
    }
    assert in_process(query, RESULT)[1] == [
        {"State.Name": "in-use", "sum_Size": 1000, "newest": "2026-05-01T10:00:00+00:00"}
    ]
    late = {**query, "having": [_where("newest", "2026-05-01T11:00:00+01:00", ">=")]}
    assert [row["State.Name"] for row in in_process(late, RESULT)[1]] == ["in-use"]


def test_amounts_as_text_are_summed_up_by_their_digits() -> None:
    costs = [
        {"service": "S3", "amount": "0.10"},
        {"service": "S3", "amount": "0.20"},
        {"service": "EC2", "amount": "9"},
    ]
    query = {"group_by": ["service"], "aggregates": [{"op": "sum", "column": "amount", "name": "total"}]}
    assert in_process({**query, "sort": [{"column": "total"}]}, costs)[1] == [
        {"service": "S3", "total": 0.3},
        {"service": "EC2", "total": 9.0},
    ]
    _, largest = in_process({"sort": [{"column": "amount", "descending": True}], "limit": 1}, costs)
    assert largest == [{"service": "EC2", "amount": "9"}]


def test_sizes_in_bytes_stay_exact() -> None:
    large = [{"bytes": 2**53 + 1}, {"bytes": 2**53 + 3}, {"bytes": None}, {}]
    aggregates = [{"op": op, "column": "bytes"} for op in ("sum", "max", "count", "avg")]
    [row] = in_process({"aggregates": aggregates}, large)[1]
    assert row == {"sum_bytes": 2**54 + 4, "max_bytes": 2**53 + 3, "count_bytes": 2, "avg_bytes": float(2**53 + 2)}


def test_accounts_keep_their_leading_zeros() -> None:
    rows = [{"account": "012345678901"}, {"account": "111122223333"}, {"account": "012345678901"}]
    _, groups = in_process({"group_by": ["account"]}, rows)
    assert groups == [{"account": "012345678901", "count": 2}, {"account": "111122223333", "count": 1}]


def test_a_column_of_several_kinds_is_searched_as_its_values_are() -> None:
    statements = [{"Action": "s3:*", "n": 1}, {"Action": ["s3:Get", "iam:PassRole"], "n": 2}, {"n": 3}]
    for value, found in (("iam:PassRole", [2]), ("s3:*", [1])):
        assert [row["n"] for row in in_process({"where": [_where("Action", value)]}, statements)[1]] == found
    assert [row["n"] for row in in_process({"where": [_where("Action", "S3:", "contains")]}, statements)[1]] == [1, 2]
    odd = [{"v": 1}, {"v": "1"}, {"v": True}, {"v": None}]
    assert in_process({"where": [_where("v", 1)]}, odd)[1] == [{"v": 1}]
    assert in_process({"where": [_where("v", "1")]}, odd)[1] == [{"v": "1"}]
    assert in_process({"where": [_where("v", True)]}, odd)[1] == [{"v": True}]


def test_one_of_several_lists_is_chosen_by_its_name() -> None:
    result = {"few": [{"a": 1}], "many": [{"a": 1}, {"a": 2}], "words": ["x", "y", "z"]}
    assert in_process({"aggregates": [{"op": "sum", "column": "a"}]}, result)[1] == [{"sum_a": 3}]
    assert in_process({"rows": "few"}, result)[1] == [{"a": 1}]
    assert in_process({"rows": "words", "where": [_where("value", "y")]}, result)[1] == [{"value": "y"}]
    assert in_process({}, {"a": 1, "b": {"c": 2}})[1] == [{"a": 1, "b": {"c": 2}}]
    assert in_process({}, {"rows": []})[1] == []


def test_results_are_joined_with_the_columns_of_both(ask: Ask) -> None:
    instances = [{"instance_id": "i-1", "name": "web"}, {"instance_id": "i-4", "name": None}]
    join = {"ref": "res_info_other", "left": "Attachments.InstanceId", "right": "instance_id"}
    _, rows = ask(RESULT, instances, unnest="Attachments", join=join, select=["VolumeId", "joined.name"])
    assert rows == [{"VolumeId": "vol-1", "joined.name": "web"}, {"VolumeId": "vol-4", "joined.name": None}]
    _, whole = ask(RESULT, instances, unnest="Attachments", join={**join, "keep_unmatched": True}, limit=2)
    assert [row["joined"] for row in whole] == [instances[0], None]
    without = [{"column": "joined.instance_id", "op": "is_empty"}]
    found, _ = ask(RESULT, instances, unnest="Attachments", join={**join, "keep_unmatched": True}, where=without)
    assert found.matched == 2


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        ({"where": [_where("state.name", "x")]}, "unknown_column", "did you mean State.Name?"),
        ({"where": [_where("InstanceId", "x")]}, "unknown_column", "Attachments.InstanceId"),
        ({"select": ["size"]}, "unknown_column", "did you mean Size?"),
        (
            {"group_by": ["Size"], "sort": [{"column": "State.Name"}]},
            "unknown_column",
            "grouped rows have: Size, count",
        ),
        ({"unnest": "Attachment"}, "unknown_column", "did you mean Attachments?"),
        ({"unnest": "Size"}, "query_type_mismatch", "Size holds single values"),
        (
            {"where": [_where("Size", "large", ">")]},
            "query_type_mismatch",
            'Size holds number values; "large" is not',
        ),
        ({"where": [_where("CreateTime", "last week", ">")]}, "query_type_mismatch", "times, such as 2026-01-31 or"),
        ({"where": [_where("Encrypted", "maybe")]}, "query_type_mismatch", "Encrypted holds boolean values"),
        ({"where": [_where("Attachments", "i-1")]}, "query_type_mismatch", "lists of objects"),
        ({"where": [_where("Size", "1", "contains")]}, "query_type_mismatch", "contains needs text"),
        ({"where": [_where("Size", 5, "in")]}, "invalid_arguments", "in takes a list"),
        ({"where": [_where("Size", [5])]}, "invalid_arguments", "use in for several"),
        ({"where": [_where("Size", None, "<")]}, "invalid_arguments", "is_empty"),
        ({"group_by": ["Zones"]}, "query_type_mismatch", "unnest it first"),
        ({"group_by": ["Size:month"]}, "query_type_mismatch", ":month needs times"),
        ({"aggregates": [{"op": "sum", "column": "VolumeId"}]}, "query_type_mismatch", "sum needs numbers"),
        ({"aggregates": [{"op": "avg"}]}, "invalid_arguments", "avg needs a column"),
        ({"aggregates": [{"op": "count"}, {"op": "count"}]}, "invalid_arguments", "give one another name"),
        ({"rows": "volume"}, "unknown_rows", "it has regions, volumes"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_with_what_would(
    ask: Ask, query: dict[str, Any], code: str, says: str
) -> None:
    with pytest.raises(AssistantError) as raised:
        ask(RESULT, **query)
    assert raised.value.code == code
    assert says in raised.value.detail


def test_a_tag_that_nobody_has_is_empty_everywhere_and_said_so(ask: Ask) -> None:
    found, rows = ask(RESULT, where=[{"column": "Tags.Owner", "op": "is_empty"}], select=["Tags.Owner"])
    assert len(rows) == 5
    assert found.notes == ("no row has Tags.Owner: none of the lists in Tags has that key",)
