"""Names and quotas a plan would run into, found before anything runs: what exists, and what earlier steps change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.executor.operations import OPERATIONS
from services.executor.operations.documents import trust_policy
from services.executor.proposal import existing
from services.executor.proposal.existing import Fact, Unread
from services.executor.registry.location import Location
from shared.aws import Aws
from shared.errors import Conflict
from shared.messages import Finding

MAX_UNREAD_NAMED = 3
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as far as this check needs it; `permitted` where all it needs is known to be allowed."""

    id: str
    operation: str
    values: Values
    permitted: bool


@dataclass(slots=True)
class AccountState:
    """The account as it will be when a step runs: what was read, changed by the steps before it."""

    location: Location
    facts: dict[Fact, Any]
    step: str = ""
    made_by: dict[Fact, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    more_roles: int = 0

    def knows(self, *fact: str) -> bool:
        return not isinstance(self.facts.get(fact, Unread("")), Unread)

    def get(self, *fact: str) -> Any:
        """A fact; None where it is absent or not known, which `knows` tells apart."""
        found = self.facts.get(fact)
        return None if isinstance(found, Unread) else found

    def put(self, value: Any, *fact: str) -> None:
        """What this step makes of a fact."""
        self.facts[fact] = value
        self.made_by[fact] = self.step

    def whose(self, *fact: str) -> str:
        """ " (step 'x' of this plan …)" where an earlier step is the reason."""
        return f" (because of step {self.made_by[fact]!r} of this plan)" if fact in self.made_by else ""

    def must_be_free(self, what: str, *fact: str) -> None:
        if self.knows(*fact) and self.get(*fact) is not None:
            raise Conflict(
                f"{what} exists already{self.whose(*fact)}; choose another name, or delete that one first",
                code="name_taken",
            )

    def must_exist(self, what: str, *fact: str) -> None:
        if self.knows(*fact) and self.get(*fact) is None:
            raise Conflict(f"there is no {what}{self.whose(*fact)}", code="missing_resource")


def check(aws: Aws, steps: Sequence[Planned], purpose: str, seconds: float) -> tuple[Finding, ...]:
    """Raise Conflict naming the first step that cannot succeed; return what a person should know besides.

    `steps` are in the order of their needs. Codes: `name_taken`, `missing_resource`, `already_attached`,
    `not_attached`, `role_has_attached_policies`, `role_in_instance_profile`, `bucket_not_empty`, `quota_reached`.
    What could not be read refuses nothing and is a finding.
    """
    location = Location.of(aws.info)
    rules = [(step, RULES[step.operation]) for step in steps if step.operation in RULES]
    if not rules:
        return ()
    facts = [fact for step, rule in rules for fact in rule.facts(step.values, location)]
    state = AccountState(location, existing.read(aws, facts, purpose, seconds))
    for step, _ in rules:
        name = ("bucket", str(step.values.get("bucket_name")))
        may_look = step.permitted and "s3:ListBucket" in OPERATIONS[step.operation].iam
        if not may_look and state.get(*name) == "theirs":
            # AWS says 403 both for another's bucket and to who may not look.
            state.facts[name] = Unread("the name is taken by another account, or you may not look (s3:ListBucket)")
    unread = {fact: why for fact, why in state.facts.items() if isinstance(why, Unread)}
    for step, rule in rules:
        state.step = step.id
        try:
            rule.judge(state, step.values)
        except Conflict as error:
            raise Conflict(f"step {step.id!r} ({step.operation}): {error.detail}", code=error.code) from None
    return (*state.findings, *_unchecked(unread))


def _unchecked(unread: Mapping[Fact, Unread]) -> list[Finding]:
    if not unread:
        return []
    named = [f"{existing.in_words(fact)} ({why.why})" for fact, why in list(unread.items())[:MAX_UNREAD_NAMED]]
    more = f" and {len(unread) - len(named)} more" if len(unread) > len(named) else ""
    message = f"Not looked up in the account: {'; '.join(named)}{more}. A step may fail because of it."
    return [Finding(code="conflicts_unchecked", severity="low", message=message)]


def _create_bucket(state: AccountState, values: Values) -> None:
    name = values["bucket_name"]
    if state.get("bucket", name) == "theirs":
        raise Conflict(
            f"the bucket name {name} is taken by another account; choose another: it is unique in all of AWS",
            code="name_taken",
        )
    state.must_be_free(f"the bucket {name}", "bucket", name)
    state.put("mine", "bucket", name)
    state.put(False, "not_empty", name)


def _delete_bucket(state: AccountState, values: Values) -> None:
    name = values["bucket_name"]
    state.must_exist(f"bucket {name}", "bucket", name)
    if state.get("bucket", name) == "theirs":
        raise Conflict(f"there is no bucket {name} in this account; it is another's", code="missing_resource")
    if state.get("not_empty", name):
        raise Conflict(
            f"the bucket {name} is not empty (versions and delete markers count); empty it first",
            code="bucket_not_empty",
        )
    state.put(None, "bucket", name)


def _create_role(state: AccountState, values: Values) -> None:
    name = values["name"]
    state.must_be_free(f"the role {name}", "role", name)
    state.put(trust_policy(values["policy_document"], "policy_document"), "role", name)
    state.put(frozenset(), "attached", name)
    state.put(frozenset(), "profiles", name)
    account = state.get("account")
    state.more_roles += 1
    if account and account.roles + state.more_roles > account.roles_quota:
        raise Conflict(
            f"the account has {account.roles} of {account.roles_quota} roles; delete some, or have the quota raised",
            code="quota_reached",
        )


def _delete_role(state: AccountState, values: Values) -> None:
    name = values["name"]
    state.must_exist(f"role {name}", "role", name)
    if attached := state.get("attached", name):
        raise Conflict(
            f"the role {name} has attached policies; detach them first (detach_policy_from_role): "
            + ", ".join(sorted(attached)),
            code="role_has_attached_policies",
        )
    if profiles := state.get("profiles", name):
        raise Conflict(
            f"the role {name} is in instance profiles: {', '.join(sorted(profiles))}", code="role_in_instance_profile"
        )
    state.put(None, "role", name)
    state.more_roles -= 1


def _attach(state: AccountState, values: Values) -> None:
    name, policy = values["role_name"], values["policy_arn"]
    state.must_exist(f"role {name}", "role", name)
    state.must_exist(f"managed policy {policy}", "policy", policy)
    if not state.knows("attached", name):
        return
    attached = state.get("attached", name) or frozenset()
    if policy in attached:
        raise Conflict(
            f"the role {name} has {policy} already{state.whose('attached', name)}; there is nothing to do",
            code="already_attached",
        )
    account = state.get("account")
    if account and len(attached) >= account.attached_quota:
        raise Conflict(
            f"the role {name} has {len(attached)} of {account.attached_quota} attached policies", code="quota_reached"
        )
    state.put(attached | {policy}, "attached", name)


def _detach(state: AccountState, values: Values) -> None:
    name, policy = values["role_name"], values["policy_arn"]
    state.must_exist(f"role {name}", "role", name)
    if not state.knows("attached", name):
        return
    attached = state.get("attached", name) or frozenset()
    if policy not in attached:
        raise Conflict(f"the role {name} does not have {policy}; there is nothing to detach", code="not_attached")
    state.put(attached - {policy}, "attached", name)


def _create_function(state: AccountState, values: Values) -> None:
    name, region = values["function_name"], values.get("region") or state.location.region
    state.must_be_free(f"the function {name} in {region}", "function", region, name)
    state.put(True, "function", region, name)
    storage = state.get("code_storage", region)
    if storage and storage.used >= storage.limit:
        raise Conflict(
            f"Lambda's code storage in {region} is full ({storage.used} of {storage.limit} bytes)", code="quota_reached"
        )
    role = _role_name(values, state.location)
    if role is None:
        return
    state.must_exist(f"role {role}", "role", role)
    trust = state.get("role", role)
    if trust is not None and "lambda.amazonaws.com" not in json.dumps(trust):
        state.findings.append(
            Finding(
                code="role_not_for_lambda",
                severity="medium",
                message=f"The role {role} does not say that lambda.amazonaws.com may assume it: Lambda may refuse it.",
                step=state.step,
            )
        )


def _delete_function(state: AccountState, values: Values) -> None:
    name, region = values["function_name"], values.get("region") or state.location.region
    state.must_exist(f"function {name} in {region}", "function", region, name)
    state.put(None, "function", region, name)


def _role_name(values: Values, location: Location) -> str | None:
    """The name in a role's ARN; None for a role of another account."""
    *_, account, resource = str(values["role_arn"]).split(":", 5)
    return resource.rpartition("/")[2] if account == location.account else None


def _function_facts(values: Values, location: Location) -> list[Fact]:
    region = values.get("region") or location.region
    facts: list[Fact] = [("function", region, values["function_name"])]
    if role := _role_name(values, location) if "role_arn" in values else None:
        facts.append(("role", role))
    # What is packed here is a few hundred bytes.
    return [*facts, ("code_storage", region)] if values.get("zip_file_path") else facts


@dataclass(frozen=True, slots=True)
class Rule:
    """What must be known of the account for an operation, and what then speaks against it."""

    facts: Callable[[Values, Location], list[Fact]]
    judge: Callable[[AccountState, Values], None]


RULES = {
    "create_s3_bucket": Rule(lambda values, _: [("bucket", values["bucket_name"])], _create_bucket),
    "delete_s3_bucket": Rule(
        lambda values, _: [(kind, values["bucket_name"]) for kind in ("bucket", "not_empty")], _delete_bucket
    ),
    "create_iam_role": Rule(lambda values, _: [("role", values["name"]), ("account",)], _create_role),
    "delete_iam_role": Rule(
        lambda values, _: [(kind, values["name"]) for kind in ("role", "attached", "profiles")], _delete_role
    ),
    "assign_policy_to_role": Rule(
        lambda values, _: [
            *((kind, values["role_name"]) for kind in ("role", "attached")),
            ("policy", values["policy_arn"]),
            ("account",),
        ],
        _attach,
    ),
    "detach_policy_from_role": Rule(
        lambda values, _: [(kind, values["role_name"]) for kind in ("role", "attached")], _detach
    ),
    "create_lambda_function": Rule(_function_facts, _create_function),
    "delete_lambda_function": Rule(_function_facts, _delete_function),
}
