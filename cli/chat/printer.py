"""A turn's events as a person sees them: the answer on standard output, everything else on standard error."""

from __future__ import annotations

import json
from typing import Any

from cli.gateway.sse import Event
from cli.terminal.invocation import Invocation
from cli.terminal.text import line, of_model, one_line

MAX_ARGUMENTS = 100


class TurnPrinter:
    """Shows the events of one turn. At a terminal the text appears as it comes; a pipe gets the answer alone."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._streams = invocation.out.is_terminal and invocation.format != "json"
        self._shown: list[str] = []
        self._round: int | None = None
        self.plan: dict[str, Any] | None = None
        self.error: dict[str, Any] | None = None
        self.answer: str | None = None

    def show(self, event: Event) -> None:
        """Take one event in."""
        if handle := getattr(self, f"_on_{event.kind}", None):
            handle(event.data)

    def end(self) -> None:
        """Print the answer where it has not been printed as it came; a plan that waits is shown elsewhere."""
        self._end_line()
        if self.answer and self._invocation.format != "json" and not self._is_page():
            answer = of_model(self.answer)
            if "".join(self._shown).strip() != answer.strip():
                self._invocation.out.print(answer)
        self.answer, self._shown = None, []

    def _is_page(self) -> bool:
        """Whether the answer is the page of a plan that waits, which the gateway puts in its place."""
        return self.plan is not None and self.plan.get("status") in ("proposed", "approved", "running", "in_doubt")

    def _on_turn(self, data: dict[str, Any]) -> None:
        if data.get("resumed"):
            self._invocation.say("another gateway goes on with it")
            self._new_round(None)

    def _on_text(self, data: dict[str, Any]) -> None:
        if data.get("round") != self._round:
            self._new_round(data.get("round"))
        delta = of_model(str(data.get("delta", "")))
        if self._streams:
            self._shown.append(delta)
            self._invocation.out.print(delta, end="")

    def _on_step_started(self, data: dict[str, Any]) -> None:
        self._end_line()
        given = data.get("arguments") or {}
        shown = one_line(json.dumps(given, ensure_ascii=False), MAX_ARGUMENTS) if given else ""
        self._invocation.say(f"  … {one_line(data.get('tool'))} {shown}".rstrip())

    def _on_step(self, data: dict[str, Any]) -> None:
        self._end_line()
        seconds = float(data.get("duration_ms") or 0) / 1000
        name = one_line(data.get("tool"))
        if data.get("status") == "ok":
            self._invocation.say(f"  ✓ {name} ({seconds:.1f} s)")
        else:
            error = data.get("error") or {}
            self._tell((f"  ✗ {name}: {one_line(error.get('detail'))} [{one_line(error.get('code'))}]", "red"))
        for gap in data.get("gaps") or []:
            self._tell((f"  not complete: {gap_words(gap)}", "yellow"))
        if data.get("result_ref"):
            self._invocation.say(f"    all of it: assistant results get {one_line(data['result_ref'])}")

    def _on_plan(self, data: dict[str, Any]) -> None:
        self._end_line()
        self.plan = data

    def _on_plan_reviewed(self, data: dict[str, Any]) -> None:
        self.plan = data

    def _on_answer(self, data: dict[str, Any]) -> None:
        self.answer = str(data.get("answer", ""))

    def _on_error(self, data: dict[str, Any]) -> None:
        self._end_line()
        self.error = data
        self._tell(("error: ", "bold red"), f"{one_line(data.get('detail'))} [{one_line(data.get('code'))}]")

    def _new_round(self, number: Any) -> None:
        self._end_line()
        self._round, self._shown = number, []

    def _end_line(self) -> None:
        """Text of a round ends before anything else is printed."""
        if self._shown and not self._shown[-1].endswith("\n"):
            self._invocation.out.print()
            self._shown.append("\n")

    def _tell(self, *parts: Any) -> None:
        """What a person has to know even with --quiet."""
        self._invocation.err.print(line(*parts))


def gap_words(gap: dict[str, Any]) -> str:
    """A gap in a line: where, what, and the code."""
    where = " ".join(str(gap[name]) for name in ("account", "region", "resource") if gap.get(name))
    said = gap.get("detail") or gap.get("message") or gap.get("what") or ""
    return one_line(f"{where}: {said} [{gap.get('code')}]" if where else f"{said} [{gap.get('code')}]")
