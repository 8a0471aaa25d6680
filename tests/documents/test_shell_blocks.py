"""Every shell block of README and docs runs, in order, as it is written; what cannot run here can at least be read."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.blocks import DOCUMENTS, Block, all_blocks, blocks_of, syntax_error, unassigned
from tests.documents.shell import Machine
from tests.e2e.composed import docker_answers

RUN = [document for document in DOCUMENTS if any(not (one.docker or one.syntax_only) for one in blocks_of(document))]


def runnable(document: str) -> list[Block]:
    return [one for one in blocks_of(document) if not (one.docker or one.syntax_only)]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("newcomer"))
    yield machine
    machine.end()


@pytest.mark.parametrize("document", RUN)
@pytest.mark.slow
def test_the_documents_commands_run_as_they_are_written(machine: Machine, document: str) -> None:
    blocks = runnable(document)
    for block in blocks:
        if block.until:
            machine.start(block)
    printed = machine.run([block for block in blocks if not block.until])
    assert machine.left_behind() == set()
    if document == "README.md":
        # Whatever a shell exports (`AMBIENT`), AWS is the sandbox's, and the answers say so.
        assert '"status":"completed"' in printed
        assert '"sandbox":true' in printed


@pytest.mark.slow
def test_ctrl_c_stops_everything_and_leaves_no_key_that_opens_anything(machine: Machine) -> None:
    assert machine.background, "README starts nothing"
    assert set(machine.interrupt()) <= {0, 130, -signal.SIGINT}
    assert [file.name for file in (machine.checkout / ".local").glob("*.json") if "session" in file.name] == []


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers here")
def test_the_documents_docker_commands_run_as_they_are_written(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.environment["COMPOSE_PROJECT_NAME"] = f"assistant-docs-{machine.port}"
    try:
        for document in DOCUMENTS:
            blocks = [one for one in blocks_of(document) if one.docker and not one.syntax_only]
            for block in blocks:
                if block.until:
                    machine.start(block, seconds=600)  # images are built
            machine.run([block for block in blocks if not block.until], seconds=600)
    finally:
        machine.interrupt()
        machine.run([Block("the end", 0, "docker compose down -v --timeout 5")])


def test_the_documents_have_blocks() -> None:
    blocks = list(all_blocks())
    assert len(blocks) > 20
    assert {"README.md", "docs/api.md", "docs/operations.md"} <= set(RUN)
    assert [str(one) for one in blocks if one.syntax_only and one.until] == []


def test_every_block_can_be_read_by_a_shell() -> None:
    assert [error for block in all_blocks() if (error := syntax_error(block))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_variable_of_a_block_is_assigned_before_it_is_used(document: str) -> None:
    assert unassigned(blocks_of(document)) == []


def test_a_variable_that_nobody_assigns_is_found() -> None:
    text = "```sh\nA=1; echo $A\n```\n```sh\necho ${B} $A\nB=2\n```\n```sh\necho $PLAN\n```\n"
    assert unassigned(blocks_of("x.md", text)) == ["x.md:9: $PLAN"]


def test_markers_are_read_and_others_refused() -> None:
    text = '<!-- shell: docker, background until "ready" -->\n```sh\nup\n```\n'
    text += "  <!-- shell: syntax, because no key -->\n  ```sh\n  a \\\n    b\n  ```\n"
    first, second = blocks_of("x.md", text)
    assert (first.docker, first.until, first.syntax_only) == (True, "ready", False)
    assert (second.docker, second.syntax_only, second.code) == (False, True, "a \\\n  b\n")
    with pytest.raises(ValueError, match="no marker"):
        blocks_of("x.md", "<!-- shell: skip -->\n```sh\na\n```\n")


def test_a_block_that_no_shell_can_read_is_found() -> None:
    [block] = blocks_of("x.md", "```sh\nif true; then\n```\n")
    assert "x.md:2" in str(syntax_error(block))
