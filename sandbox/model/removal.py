"""Builds the change that removes things: by name, or what the last plan made ("delete it again", "undo that")."""

from __future__ import annotations

from sandbox.model.changes import outcome_of
from sandbox.model.followup import made_by, referents
from sandbox.model.history import Conversation, Turn, plans_of
from sandbox.model.types import KINDS, Call, Change, JsonObject, Kind, Outcome, Step
from sandbox.model.wish import Wish

_ORDER: dict[str, int] = {"function": 0, "policy": 1, "role": 2, "bucket": 3}


def removal(wish: Wish, conversation: Conversation, outcomes: list[Outcome]) -> Change:
    """The change that deletes what a wish names; a role's policies are looked up to be detached first."""
    if wish.delete_all:
        return Change(say="I do not delete things wholesale. Name each bucket, role or function to delete.")
    steps: list[Step] = []
    lookups: list[Call] = []
    wanted = sorted(_kinds(wish, conversation), key=lambda pair: _ORDER.get(pair[0] or "", 9))
    for kind, name in wanted:
        if kind is None:
            return Change(say=f"Is {name} a bucket, a role or a Lambda function? I need to know what to delete.")
        if kind == "role":
            described = outcome_of(outcomes, "describe_iam_role", "role_name", name)
            if described is None:
                lookups.append(Call("describe_iam_role", {"role_name": name}))
            elif described.error.get("code") in ("not_found", "role_not_found", "NoSuchEntity"):
                return Change(say=f"There is no role {name} to delete: {described.error.get('detail', 'not found')}")
            else:
                steps += _role_removal(name, described.result, steps)
        else:
            steps.append(_removal_step(kind, name, wish, conversation, len(steps)))
    if lookups:
        return Change(lookups=tuple(lookups))
    return Change(tuple(steps), goal="Delete " + ", ".join(f"{_noun(kind)} {name}" for kind, name in wanted))


def _kinds(wish: Wish, conversation: Conversation) -> list[tuple[Kind | None, str]]:
    """Every thing to delete with its kind: as said, as known from the conversation, or by its look."""
    found: list[tuple[Kind | None, str]] = []
    for kind, name in wish.delete:
        known = kind or next((each for each in KINDS if each == conversation.kind_of(name)), None)
        known = known or next((each for each in KINDS if each in name.lower()), None)
        found.append((known, name))
    return found


def _noun(kind: str | None) -> str:
    return "Lambda function" if kind == "function" else str(kind)


def _role_removal(name: str, role: JsonObject, steps: list[Step]) -> list[Step]:
    """IAM deletes only a role without policies: detach each, then delete."""
    out: list[Step] = []
    before = tuple(step.id for step in steps)
    for policy in role.get("attached_policies") or []:
        arguments = {"role_name": name, "policy_arn": policy["policy_arn"]}
        out.append(Step(f"detach{len(steps) + len(out) + 1}", "detach_policy_from_role", arguments, before))
    needs = tuple(step.id for step in (*steps, *out))
    return [
        *out,
        Step(f"role{len(steps) + len(out) + 1}" if steps or out else "role", "delete_iam_role", {"name": name}, needs),
    ]


def _removal_step(kind: Kind, name: str, wish: Wish, conversation: Conversation, number: int) -> Step:
    identifier = kind if number == 0 else f"{kind}{number + 1}"
    if kind == "bucket":
        return Step(identifier, "delete_s3_bucket", {"bucket_name": name})
    region = wish.regions[0] if wish.regions else _seen_region(name, conversation) or conversation.region
    arguments: JsonObject = {"function_name": name} | ({"region": region} if region else {})
    return Step(identifier, "delete_lambda_function", arguments)


def _seen_region(function: str, conversation: Conversation) -> str:
    """The region a function was seen in earlier in the conversation."""
    for turn in reversed(conversation.turns):
        for outcome in turn.outcomes:
            for row in outcome.result.get("functions") or []:
                if isinstance(row, dict) and row.get("function_name") == function:
                    return str(row.get("region", ""))
    return ""


def removal_of_referred(wish: Wish, conversation: Conversation, outcomes: list[Outcome]) -> Change:
    """ "Delete it again", "undo that": remove what the newest plan made, or the thing last spoken of."""
    for turn in reversed(conversation.earlier):
        plans = plans_of(turn.outcomes)
        if plans and (wish.undo or made_by(plans[-1]) or plans[-1].get("status") != "done"):
            return _take_back(plans[-1], wish.delete_kinds, conversation)
        if not wish.undo:
            single = Conversation((turn, Turn("")), conversation.region, conversation.account)
            kind, names = referents(single, wish.delete_kinds[0] if wish.delete_kinds else None)
            if kind in KINDS and names:
                named = Wish(delete=[(next(each for each in KINDS if each == kind), names[0])], regions=wish.regions)
                return removal(named, conversation, outcomes)
    return Change(
        say="There is no change in this conversation that I could take back. Name what to delete: "
        "a bucket, a role or a Lambda function."
    )


def _take_back(plan: JsonObject, kinds: list[Kind], conversation: Conversation) -> Change:
    status = plan.get("status")
    if status not in ("done", None):
        return Change(say=f"There is nothing to take back: the last plan was not carried out (it is {status}).")
    gone = _deleted(conversation)
    users = [name for kind, name in made_by(plan) if kind == "function" and name not in gone]
    note = ""
    if "role" in kinds and "function" not in kinds and users:
        kinds = [*kinds, "function"]
        note = (
            f"The Lambda function {', '.join(users)} was made with that role and needs it, so the plan deletes it too."
        )
    steps: list[Step] = []
    beyond: list[str] = []
    for step in reversed(plan.get("steps") or []):
        inverse = _twin(step, conversation)
        if inverse is None:
            beyond.append(str(step.get("operation")))
        elif gone & {str(value) for value in inverse.arguments.values()}:
            continue
        elif not kinds or _kind_of(inverse) in kinds or ("role" in kinds and inverse.operation.startswith("detach")):
            needs = (steps[-1].id,) if steps else ()
            steps.append(Step(f"undo_{step.get('id', len(steps) + 1)}", inverse.operation, inverse.arguments, needs))
    if not steps:
        what = ", ".join(beyond) or "its steps"
        return Change(say=f"I cannot take that back: {what} cannot be reversed with the operations I have.")
    return Change(tuple(steps), goal=f"Take back: {plan.get('goal', 'the last plan')}", note=note)


def _deleted(conversation: Conversation) -> set[str]:
    """The names of what this conversation's plans have deleted."""
    names: set[str] = set()
    for turn in conversation.earlier:
        for plan in plans_of(turn.outcomes):
            for step in plan.get("steps") or []:
                arguments = step.get("arguments") or {}
                name = arguments.get("name") or arguments.get("bucket_name") or arguments.get("function_name")
                operation, done = str(step.get("operation")), step.get("status") in (None, "done", "ok")
                if done and operation.startswith("delete_"):
                    names.add(str(name))
                elif done and operation.startswith("create_"):
                    names.discard(str(name))
    return names


def _kind_of(step: Step) -> str:
    return next((kind for kind in KINDS if kind in step.operation), "policy")


def _twin(step: JsonObject, conversation: Conversation) -> Step | None:
    """The step that takes a done step back; None where AWS has no way back."""
    known: JsonObject = {**(step.get("arguments") or {}), **(step.get("result") or {})}
    known = {key: value for key, value in known.items() if not isinstance(value, dict) or "$from" not in value}
    operation = step.get("operation")
    if operation == "create_s3_bucket":
        return Step("", "delete_s3_bucket", {"bucket_name": known.get("bucket_name")})
    if operation == "create_iam_role":
        return Step("", "delete_iam_role", {"name": known.get("role_name") or known.get("name")})
    if operation == "create_lambda_function":
        region = known.get("region") or conversation.region
        return Step(
            "",
            "delete_lambda_function",
            {"function_name": known.get("function_name")} | ({"region": region} if region else {}),
        )
    pair = {"role_name": known.get("role_name"), "policy_arn": known.get("policy_arn")}
    if operation == "assign_policy_to_role":
        return Step("", "detach_policy_from_role", pair)
    if operation == "detach_policy_from_role":
        return Step("", "assign_policy_to_role", pair)
    return None
