"""One message: sent, shown as it is answered, its plan decided where a person is there, followed to its end.

Ctrl-C stops the turn: its calls are let go, and a plan that it waits for can never run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cli.chat.printer import TurnPrinter
from cli.errors import Refused
from cli.exit_codes import OF_TURN, ExitCode
from cli.gateway.addresses import at
from cli.gateway.client import Gateway
from cli.gateway.sse import Event
from cli.gateway.turns import TURN_ENDS, Turn
from cli.plans import deciding, page, watching
from cli.terminal.invocation import Invocation
from cli.terminal.text import line, one_line


class Exchange:
    """A message and its answer."""

    def __init__(self, invocation: Invocation, gateway: Gateway, *, conversation_id: str | None = None) -> None:
        self._invocation, self._gateway = invocation, gateway
        self.conversation_id = conversation_id
        self.turn = Turn(gateway)
        self._printer = TurnPrinter(invocation)

    def run(self, message: str, *, read_only: bool = False) -> ExitCode:
        """Ask, and go on until nothing is left to do or to decide. Raises CliError; Ctrl-C cancels the turn."""
        body: dict[str, Any] = {"message": message}
        if self.conversation_id:
            body["conversation_id"] = self.conversation_id
        if read_only:
            body["read_only"] = True
        try:
            self._show(self.turn.ask(body))
            if self.turn.status == "waiting_for_approval":
                self._decide()
        except KeyboardInterrupt:
            self._cancel()
            raise
        finally:
            self.conversation_id = self.turn.conversation_id or self.conversation_id
        return self._end()

    def _show(self, events: Iterable[Event]) -> None:
        for event in events:
            self._printer.show(event)
        self._printer.end()

    def _decide(self) -> None:
        """Have the plan decided that the turn waits for; where nobody is there to ask, say how to."""
        plan = self._printer.plan or self.turn.now().get("plan")
        if plan is None or self._invocation.format == "json":
            return
        if not self._invocation.interactive:
            page.show_page(self._invocation.out, plan)
            self._say_commands(plan)
            return
        try:
            decided = self._decided(plan)
        except EOFError:
            decided = plan
        if decided["status"] == "proposed":
            self._say_commands(decided)
            return
        if decided["status"] not in watching.RESTS:
            decided = watching.watch(self._invocation, self._gateway, decided)
        watching.tell_end(self._invocation, decided)
        if decided["status"] != "in_doubt":
            self._printer.plan = decided
            self._show(self.turn.follow())

    def _decided(self, plan: dict[str, Any]) -> dict[str, Any]:
        """The plan as it is decided here or elsewhere; one that was edited elsewhere is asked about in its new form."""
        while True:
            try:
                plan = deciding.decide(self._invocation, self._gateway, plan)
            except Refused as refusal:
                self._invocation.err.print(line(("not decided: ", "bold red"), f"{refusal.message} [{refusal.code}]"))
                plan = self._gateway.get(at("plans", plan["plan_id"]))
                if plan["status"] == "proposed":
                    continue
            if not plan.get("replaced_by"):
                return plan
            plan = self._gateway.get(at("plans", plan["replaced_by"]))

    def _say_commands(self, plan: dict[str, Any]) -> None:
        self._invocation.err.print(line("The plan waits for a decision:"))
        page.show_commands(self._invocation.err, plan)

    def _cancel(self) -> None:
        """Stop the turn, and say what that came to. A second Ctrl-C does not wait for it."""
        if self.turn.turn_id is None or self.turn.status in TURN_ENDS:
            return
        self._invocation.err.print()
        try:
            stopped = self.turn.cancel()
            self._invocation.err.print(line(f"stopped: the turn is {stopped['status']}"))
        except Refused as refusal:
            self._invocation.err.print(line(f"not stopped: {refusal.message} [{refusal.code}]"))

    def _end(self) -> ExitCode:
        if self._invocation.format == "json":
            now = self.turn.now()
            self._invocation.json(now)
            return OF_TURN.get(str(now["status"]), ExitCode.OK)
        plan = self._printer.plan
        if (
            self.turn.status == "completed"
            and plan
            and plan["status"] in ("failed", "rejected", "cancelled", "expired")
        ):
            return watching.exit_code(plan)
        if self.turn.status == "failed" and self._printer.error is None:
            self._invocation.err.print(line(f"the turn {one_line(self.turn.turn_id)} failed"))
        return OF_TURN.get(self.turn.status, ExitCode.OK)
