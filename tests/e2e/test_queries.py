"""A question over a long list, through every process: found, read, computed over, and told with what it covers."""

from __future__ import annotations

import pytest

from tests.e2e.client import User

pytestmark = pytest.mark.slow


def test_the_largest_unattached_volumes_are_computed_over_all_of_them(user: User) -> None:
    regions = user.aws("ec2").describe_regions()["Regions"]
    volumes = [
        volume
        for region in regions
        for page in user.aws("ec2", region["RegionName"]).get_paginator("describe_volumes").paginate()
        for volume in page["Volumes"]
    ]
    free = [volume for volume in volumes if not volume["Attachments"]]
    sizes = sorted((volume["Size"] for volume in free), reverse=True)[:10]

    turn = user.ask("Which 10 EBS volumes are the largest and unattached?")

    query = next(step for step in turn["steps"] if step["tool"] == "query_result")
    source = next(step for step in turn["steps"] if step["tool"] == "read_aws")
    assert query["arguments"]["ref"] == source["result_ref"]
    assert [row["Size"] for row in query["result"]["rows"]] == sizes
    assert (query["result"]["matched"], query["result"]["searched"]) == (len(free), len(volumes))
    assert query["coverage"]["total"] == len(free)
    assert query["coverage"]["regions"] == source["coverage"]["regions"]
    for row in query["result"]["rows"]:
        assert row["VolumeId"] in turn["answer"]


def test_a_later_session_of_the_owner_computes_over_an_earlier_result_without_a_model(user: User) -> None:
    listed = user.http.post("/v1/tools/read_aws", json={"service": "ec2", "operation": "DescribeVolumes"}).json()
    query = {"ref": listed["result_ref"], "group_by": ["_region"], "aggregates": [{"op": "sum", "column": "Size"}]}
    again = User(user.facts)
    answer = again.http.post("/v1/tools/query_result", json=query)

    assert answer.status_code == 200, answer.text
    totals: dict[str, int] = {}
    for row in listed["result"]["rows"]:
        totals[row["_region"]] = totals.get(row["_region"], 0) + row["Size"]
    assert {row["_region"]: row["sum_Size"] for row in answer.json()["result"]["rows"]} == totals

    wrong = again.http.post("/v1/tools/query_result", json={"ref": listed["result_ref"], "select": ["size"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_column")
    assert "did you mean Size?" in wrong.json()["detail"]
    gone = again.http.post("/v1/tools/query_result", json={"ref": "res_info_call.0123456789"})
    assert (gone.status_code, gone.json()["code"]) == (404, "result_not_found")
    calls = again.http.get("/v1/audit", params={"limit": 100}).json()["items"]
    assert [entry["data"]["outcome"] for entry in calls if entry["data"].get("tool") == "query_result"] == [
        "ok",
        "unknown_column",
        "result_not_found",
    ]
