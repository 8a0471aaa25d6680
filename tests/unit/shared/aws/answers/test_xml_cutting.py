"""What nobody asks for is taken out of a large XML answer, and what is asked for is read as ever."""

from __future__ import annotations

import random
from typing import Any

import botocore.parsers
import pytest

from services.info_tools.tools import ec2
from shared.aws.answers.xml_cutting import MIN_BYTES, Only, without
from shared.aws.answers.xml_parsers import XML_PARSERS, reading_only
from tests.bench import aws_answers
from tests.unit.shared.aws.answers.xml_answers import Writer, model_of, outcome

# Those that `list_ec2_instances` shows.
SHOWN = ec2._SHOWN
DESCRIBE = model_of("ec2").operation_model("DescribeInstances")
NAMES = (b"networkInterfaceSet", b"blockDeviceMapping", b"monitoring")
HIDDEN = "<monitoring><state>disabled</state><state>2</state></monitoring>"


def answer_with(instance: str) -> bytes:
    """A large answer, one of whose instances has this in it, among others that are as AWS writes them."""
    usual = f"<item><instanceId>i-2</instanceId>{HIDDEN}<privateIpAddress>10.0.0.1</privateIpAddress></item>"
    items = usual + f"<item><instanceId>i-1</instanceId>{instance}</item>" + usual * (MIN_BYTES // len(usual) + 1)
    inside = f"<reservationSet><item><instancesSet>{items}</instancesSet></item></reservationSet>"
    return f"<DescribeInstancesResponse>{inside}<requestId>r-1</requestId></DescribeInstancesResponse>".encode()


def shown(found: Any, only: Only = SHOWN) -> Any:
    """Of what a parser found, what is asked for; an error stays one."""
    if not isinstance(found, dict):
        return found
    reservations = [
        [{name: instance[name] for name in sorted(only.members & instance.keys())} for instance in one["Instances"]]
        for one in found.get("Reservations", ())
        if "Instances" in one
    ]
    return {"rows": reservations, "token": found.get("NextToken"), "metadata": found["ResponseMetadata"]}


def read(body: bytes) -> tuple[Any, Any]:
    """What botocore reads of what is asked for, and what is read here."""
    theirs = outcome(botocore.parsers.create_parser("ec2"), body, DESCRIBE)
    with reading_only(SHOWN):
        ours = outcome(XML_PARSERS["ec2"](), body, DESCRIBE)
    return shown(theirs), shown(ours)


def test_nearly_all_of_an_answer_that_is_not_asked_for_is_taken_out_and_the_rest_is_left_as_it_is() -> None:
    body = aws_answers.instances("eu-west-1", range(200), token="200")
    names = XML_PARSERS["ec2"]()._passed_over(DESCRIBE.output_shape, SHOWN)
    cut = without(body, names)
    assert len(cut) < len(body) / 2
    assert b"networkInterfaceSet" not in cut
    assert cut.count(b"<instanceId>") == cut.count(b"<launchTime>") == 200
    theirs, ours = read(body)
    assert ours == theirs
    assert len(ours["rows"]) == 200


def test_an_answer_with_a_declaration_lines_and_indentation_is_cut_too() -> None:
    written = aws_answers.instances("eu-west-1", range(50)).replace(b"><", b">\n    <")
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n\n' + written
    cut = without(body, XML_PARSERS["ec2"]()._passed_over(DESCRIBE.output_shape, SHOWN))
    assert len(cut) < len(body) / 2
    theirs, ours = read(body)
    assert ours == theirs
    assert len(ours["rows"]) == 50


def test_what_is_taken_out_has_the_name_of_nothing_that_is_read() -> None:
    names = XML_PARSERS["ec2"]()._passed_over(DESCRIBE.output_shape, SHOWN)
    # Of a reservation, too; a reservation's are read.
    assert b"groupSet" not in names
    assert {b"networkInterfaceSet", b"blockDeviceMapping", b"metadataOptions"} <= set(names)
    assert not {b"tagSet", b"instanceState", b"placement", b"item", b"instancesSet"} & set(names)


@pytest.mark.parametrize("seed", range(8))
def test_any_answer_is_read_as_botocore_reads_it(seed: int) -> None:
    writer, parts = Writer(random.Random(seed)), list[str]()
    instance = DESCRIBE.output_shape.members["Reservations"].member.members["Instances"].member
    while sum(map(len, parts)) < 2 * MIN_BYTES:
        parts.append(f"<item>{writer.members(instance, 1)}</item>")
    inside = f"<reservationSet><item><instancesSet>{''.join(parts)}</instancesSet></item></reservationSet>"
    body = f"<DescribeInstancesResponse>{inside}<nextToken>t</nextToken></DescribeInstancesResponse>".encode()
    theirs, ours = read(body)
    # What botocore stumbles over may be among what is passed over here.
    if isinstance(theirs, dict):
        assert ours == theirs
        assert len(ours["rows"][0]) == len(parts)


ODD = {
    "as a comment": "<!-- <monitoring> --><privateIpAddress>10.0.0.2</privateIpAddress><!-- </monitoring> -->",
    "as text": "<privateIpAddress><![CDATA[<monitoring>]]></privateIpAddress><instanceType>a</instanceType>",
    "in an instruction": "<?x <monitoring> ?><instanceType>a</instanceType><?x </monitoring> ?>",
    "in itself": "<monitoring><monitoring><state>1</state></monitoring></monitoring><instanceType>a</instanceType>",
    "in another": "<cpuOptions><monitoring><a/></monitoring></cpuOptions><instanceType>a</instanceType>",
    "empty": "<monitoring/><instanceType>a</instanceType>",
    "empty with a space": "<monitoring /><instanceType>a</instanceType>",
    "with an attribute": '<monitoring a="1"><state>1</state></monitoring><instanceType>a</instanceType>',
    "with an attribute that looks like an end": '<x a="</monitoring>"/><instanceType>a</instanceType>',
    "with a space in its end": "<monitoring><state>1</state></monitoring ><instanceType>a</instanceType>",
    "with a line in its beginning": "<monitoring\n><state>1</state></monitoring><instanceType>a</instanceType>",
    "with a prefix": '<x:monitoring xmlns:x="u"><state>1</state></x:monitoring><instanceType>a</instanceType>',
    "with a longer name": "<monitoringX><state>1</state></monitoringX><instanceType>a</instanceType>",
    "twice": f"{HIDDEN}<instanceType>a</instanceType>{HIDDEN}",
    "not ended": "<monitoring><state>1</state><instanceType>a</instanceType>",
    "ended twice": f"{HIDDEN}</monitoring><instanceType>a</instanceType>",
    "crossed": "<monitoring><instanceType></monitoring>a</instanceType>",
    "as a tag": "<tagSet><item><key>monitoring</key><value>&lt;monitoring&gt;</value></item></tagSet>",
}


@pytest.mark.parametrize("name", ODD)
def test_however_a_part_is_written_what_is_asked_for_is_read_as_botocore_reads_it(name: str) -> None:
    theirs, ours = read(answer_with(ODD[name]))
    assert ours == theirs


def test_a_document_with_anything_but_tags_and_text_is_left_as_it_is() -> None:
    for name in ("as a comment", "as text", "in an instruction", "in itself", "with a space in its end"):
        body = answer_with(ODD[name])
        assert without(body, NAMES) == body


def test_a_small_answer_is_not_looked_at() -> None:
    body = f"<a>{HIDDEN}</a>".encode()
    assert without(body, NAMES) == body


def test_an_answer_that_is_cut_off_within_what_is_taken_out_is_refused_as_ever() -> None:
    body = answer_with("<monitoring><state>")
    cut_off = body[: body.index(b"<monitoring><state></") + len("<monitoring><state>")]
    large = cut_off.replace(b"i-2", b"i-2" * MIN_BYTES)
    theirs, ours = read(large)
    assert isinstance(theirs, type)
    assert ours == theirs


def test_much_of_one_name_takes_time_that_grows_with_the_answer_only() -> None:
    # Every piece is looked at once: a name that begins without an end ends the search.
    body = b"<a>" + b"<monitoring>" * 200_000 + b"</a>"
    assert without(body, NAMES) == body
