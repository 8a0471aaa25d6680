"""The reasoning loop: ask the model, make the calls it asks for, ask again, until it answers or proposes a change.

The loop's only state is the turn, stored after every model message and every tool result, so any gateway can resume it.
A resumed turn makes the same calls under the same ids and gets the results of those already under way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from string import Template
from typing import Literal

import structlog

from services.orchestrator.instructions import BUILT_IN
from services.orchestrator.llm.completion import new_call_id
from services.orchestrator.llm.late import Model
from services.orchestrator.llm.tokens import messages_tokens
from services.orchestrator.plans.service import PlanService
from services.orchestrator.sessions.fencing import check_read
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.asking import Answered, Asking, Question
from services.orchestrator.turns.context.coverage import gaps_note
from services.orchestrator.turns.context.history import ChatMessage, tool_message
from services.orchestrator.turns.context.prompt import system_prompt
from services.orchestrator.turns.context.results import error_body, refusal_body, result_body, step_of
from services.orchestrator.turns.context.shared_values import SharedValues
from services.orchestrator.turns.events import StepStarted, TextStream, answer_event, turn_event
from services.orchestrator.turns.function_calls import Call, Functions
from services.orchestrator.turns.proposals.proposal import Proposal, merge, plan_to_undo
from services.orchestrator.turns.proposals.provenance import untrusted_account, untrusted_arguments
from services.orchestrator.turns.proposals.secrets import without_secrets
from services.orchestrator.turns.store import Event, Turn, TurnStore
from services.orchestrator.turns.text import (
    credentials_ended,
    credentials_ended_answer,
    cut_off_note,
    step_limit_answer,
)
from services.orchestrator.turns.waiting import wait_for
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.errors import AssistantError
from shared.messages import Agent, ErrorBody, ToolResult
from shared.plans.plan import Plan
from shared.plans.step import UntrustedArgument

log = structlog.get_logger(__name__)


class ReasoningLoop:
    """Runs a turn from its stored state to its end, or until a person has to decide."""

    def __init__(
        self,
        model: Model,
        dispatcher: Dispatcher,
        plans: PlanService,
        functions: Callable[[Session], Functions],
        store: TurnStore,
        *,
        max_rounds: int,
        max_history_tokens: int,
        instructions: Template = BUILT_IN,
        sandbox: Callable[[], bool] = lambda: False,
        shared: SharedValues | None = None,
    ) -> None:
        self._shared = shared
        self._dispatcher, self._plans = dispatcher, plans
        self._asking = Asking(model, max_history_tokens)
        self._functions, self._store = functions, store
        self._max_rounds, self._instructions, self._sandbox = max_rounds, instructions, sandbox

    async def run(self, turn: Turn, earlier: Sequence[Sequence[ChatMessage]]) -> None:
        """Run until the turn has ended or waits for approval. `earlier`: the messages of each earlier turn.

        Raises AssistantError where the model provider fails, LeaseLost where the turn is no longer ours.
        """
        while turn.status == "running":
            calls = self._offered(turn).unanswered(turn.turn_id, turn.messages)
            if calls:
                await self._answer(turn, calls, earlier)
            else:
                await self._ask(turn, earlier)

    async def let_go(self, turn: Turn) -> None:
        """Give up the calls under way of a turn that was stopped, and the plan that one of them prepares."""
        calls = self._offered(turn).unanswered(turn.turn_id, turn.messages)
        for call in calls:
            if call.function is not None:
                await self._dispatcher.let_go(call.function.agent, call.call_id)
        changes = [call for call in calls if call.is_change]
        if changes:
            await self._plans.withdraw(turn.session, changes[0].call_id)

    async def _ask(self, turn: Turn, earlier: Sequence[Sequence[ChatMessage]]) -> None:
        # Once the session's credentials have ended, every further call would fail too.
        ended = credentials_ended(turn)
        limit = turn.rounds >= self._max_rounds
        # With values in sight the model only answers: nothing of them goes into a call.
        values = await self._shared.shown_to_model(turn.messages, turn.plan_ids) if self._shared else []
        last = limit or ended or bool(values)
        system = system_prompt(
            turn.session, instructions=self._instructions, step_limit_reached=limit, read_only=turn.read_only
        )
        tool_choice: Literal["none"] | None = "none" if last else None
        functions = self._offered(turn)
        question = Question(system, earlier, values or turn.messages, functions, tool_choice)
        async with TextStream(self._store, turn) as stream:
            answers = await self._asking.ask(question, stream.add)
        _count(turn, answers)
        completion = answers[-1].completion
        if completion.calls and not last:
            message = without_secrets(completion.message(), functions.changes)
            turn.messages.append(_with_unique_ids(message, earlier, turn.messages))
            await self._store.save(turn, *stream.rest, *_begun(functions.unanswered(turn.turn_id, turn.messages)))
            return
        text = credentials_ended_answer(completion.text) if ended else completion.text
        text = text or step_limit_answer(turn, self._max_rounds)
        turn.answer = text + cut_off_note(completion.finish_reason)
        turn.answer += gaps_note(turn.steps, turn.answer)
        turn.messages.append({"role": "assistant", "content": turn.answer})
        turn.status = "completed"
        answer = answer_event(turn, sandbox=self._sandbox())
        await self._store.save(turn, *stream.rest, answer, turn_event(turn, sandbox=self._sandbox()))

    def _offered(self, turn: Turn) -> Functions:
        functions = self._functions(turn.session)
        return functions.for_reading() if turn.read_only else functions

    async def _answer(self, turn: Turn, calls: Sequence[Call], earlier: Sequence[Sequence[ChatMessage]]) -> None:
        """Make the calls of one model message: reads at the same time, all changes as one plan."""
        saving = asyncio.Lock()
        changes = [call for call in calls if call.is_change]
        others = [call for call in calls if not call.is_change]
        try:
            async with asyncio.TaskGroup() as group:
                for call in others:
                    group.create_task(self._read(turn, call, saving))
                proposing = group.create_task(self._propose(turn, changes, saving, earlier)) if changes else None
        except BaseExceptionGroup as failed:
            # The first exception is the cause; the group cancelled the other tasks because of it.
            raise failed.exceptions[0] from None
        plan = proposing.result() if proposing else None
        if plan is not None:
            turn.pending = [call.id for call in changes]
            await wait_for(self._store, turn, plan, sandbox=self._sandbox())

    async def _read(self, turn: Turn, call: Call, saving: asyncio.Lock) -> None:
        if call.error is not None or call.function is None:
            error = call.error or AssistantError("the function cannot be called")
            async with saving:
                turn.messages.append(tool_message(call.id, call.name, error_body(error)))
                await self._store.save(turn)
            return
        agent = call.function.agent
        result = await self._dispatched(turn, call, agent, call.function.timeout)
        body, step = result_body(result), step_of(call, result)
        async with saving:
            turn.messages.append(tool_message(call.id, call.name, body))
            turn.steps.append(step)
            await self._store.save(turn, Event("step", step))

    async def _dispatched(self, turn: Turn, call: Call, agent: Agent, seconds: float) -> ToolResult:
        """The worker's result. A failed dispatch is an error result too, so that the model can say what is missing."""
        started_at = time.time()
        try:
            check_read(turn.session, call.name, call.arguments)
            return await self._dispatcher.call(
                new_call(
                    agent,
                    call.name,
                    call.arguments,
                    session_id=turn.session_id,
                    call_id=call.call_id,
                    turn_id=turn.turn_id,
                    seconds=seconds,
                )
            )
        except AssistantError as error:
            return ToolResult(
                call_id=call.call_id,
                agent=agent,
                tool=call.name,
                status="error",
                error=ErrorBody.of(error),
                region=None,
                complete=False,
                started_at=started_at,
                duration_ms=int((time.time() - started_at) * 1000),
            )

    async def _propose(
        self, turn: Turn, changes: Sequence[Call], saving: asyncio.Lock, earlier: Sequence[Sequence[ChatMessage]]
    ) -> Plan | None:
        """Have one plan prepared from all change calls; where that fails, answer each of them with the reason."""
        errors = {call.id: error_body(call.error) for call in changes if call.error}
        operations = self._offered(turn).operations
        if not errors:
            try:
                undone = plan_to_undo(changes)
                if undone is not None:
                    return await self._plans.undo(
                        turn.session,
                        undone,
                        turn_id=turn.turn_id,
                        call_id=changes[0].call_id,
                        by_program=turn.by_program,
                    )
                proposal = merge(changes, turn.message, operations)
                conversation = [*(message for messages in earlier for message in messages), *turn.messages]
                untrusted = untrusted_arguments(proposal.steps, conversation, turn.session.region)
                untrusted += untrusted_account(proposal, conversation, turn.session.all_accounts)
                return await self._prepared(turn, changes, proposal, untrusted)
            except AssistantError as error:
                errors = {call.id: refusal_body(error, operations) for call in changes}
        nothing = error_body(
            AssistantError(
                "another change call of this message was invalid, so nothing was proposed; correct it and send all",
                code="not_proposed",
            )
        )
        async with saving:
            for call in changes:
                turn.messages.append(tool_message(call.id, call.name, errors.get(call.id, nothing)))
            await self._store.save(turn)
        return None

    async def _prepared(
        self, turn: Turn, changes: Sequence[Call], proposal: Proposal, untrusted: Sequence[UntrustedArgument]
    ) -> Plan:
        plan = await self._plans.propose(
            turn.session,
            proposal.goal,
            proposal.steps,
            proposal.on_failure,
            turn_id=turn.turn_id,
            call_id=changes[0].call_id,
            untrusted=untrusted,
            by_program=turn.by_program,
            account=proposal.account,
        )
        log.info("plan_proposed", turn_id=turn.turn_id, plan_id=plan.plan_id)
        return plan


def _begun(calls: Sequence[Call]) -> list[Event]:
    """The events of the reads that begin now."""
    reads = [(call, call.function) for call in calls if call.function and not call.error and not call.is_change]
    return [
        Event(
            "step_started",
            StepStarted(call_id=call.call_id, agent=function.agent, tool=call.name, arguments=call.arguments),
        )
        for call, function in reads
    ]


def _with_unique_ids(
    message: ChatMessage, earlier: Sequence[Sequence[ChatMessage]], messages: Sequence[ChatMessage]
) -> ChatMessage:
    """The assistant message, with new ids for calls whose id the server used before in the conversation."""
    before = [*(one for turn in earlier for one in turn), *messages]
    taken = {call["id"] for one in before for call in one.get("tool_calls") or []}
    for call in message["tool_calls"]:
        if call["id"] in taken:
            call["id"] = new_call_id()
        taken.add(call["id"])
    return message


def _count(turn: Turn, answers: Sequence[Answered]) -> None:
    usage = turn.usage
    for answer in answers:
        completion, known = answer.completion, answer.completion.prompt_tokens
        usage.model = completion.model
        usage.prompt_tokens += messages_tokens(answer.sent) if known is None else known
        usage.completion_tokens += completion.completion_tokens
        usage.estimated = usage.estimated or known is None
        log.info("model_answered", turn_id=turn.turn_id, calls=len(completion.calls), finish=completion.finish_reason)
    usage.rounds += 1
    turn.rounds += 1
