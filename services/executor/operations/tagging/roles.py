"""IAM roles' tags, which are also those of every session of the role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.executor.calls.request import Request
from services.executor.operations import tags as marks
from services.executor.operations.iam.reserved import check_role_is_ours
from services.executor.operations.iam.role_state import check_role_name, role_trust
from services.executor.operations.tagging.taggable import Seen, TagCall, Tags, by_key, tags_for
from services.executor.registry.account_state import AccountState
from services.executor.registry.facts import Question, fact
from shared.aws.clients import Aws
from shared.errors import Conflict


@fact("the tags of the role {0}", iam=("iam:GetRole",), absent=("NoSuchEntity",))
def role_tags(aws: Aws, name: str) -> Mapping[str, str]:
    """The role's tags."""
    return marks.as_map(aws.client("iam").get_role(RoleName=name)["Role"].get("Tags", []))


@fact("the ARN of the role {0}", iam=("iam:GetRole",), absent=("NoSuchEntity",))
def role_arn(aws: Aws, name: str) -> str:
    """The role's ARN, which has its path."""
    return str(aws.client("iam").get_role(RoleName=name)["Role"]["Arn"])


@dataclass(frozen=True, slots=True)
class Role:
    """A role of this account. IAM knows it by its name, permissions by its ARN."""

    name: str
    arn: str
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html, "Case sensitivity"
    ignores_case: bool = True
    power: tuple[Literal["low", "medium"], str] = (
        "medium",
        "policies may decide by a role's tags who may use it (aws:ResourceTag), and by the same tags what its sessions"
        " may do (aws:PrincipalTag)",
    )

    @property
    def what(self) -> str:
        return f"the role {self.name}"

    def check(self) -> None:
        check_role_name(self.name)
        check_role_is_ours(self.name, "to change its tags")

    def questions(self) -> list[Question]:
        return [role_trust.about(self.name), role_tags.about(self.name), role_arn.about(self.name)]

    def judge(self, state: AccountState) -> Tags | None:
        state.must_exist(f"role {self.name}", role_trust, self.name)
        self._check_arn(state.get(role_arn, self.name))
        return tags_for(state, role_trust.about(self.name), role_tags.about(self.name))

    def put(self, state: AccountState, tags: Tags) -> None:
        state.put(role_tags, self.name, value=tags)

    def look(self, aws: Aws) -> Seen:
        role = aws.client("iam").get_role(RoleName=self.name)["Role"]
        self._check_arn(role["Arn"])
        return Seen(marks.as_map(role.get("Tags", [])), role["RoleId"])

    def is_same(self, before: str | None, now: Seen, tags: Tags) -> bool:
        return before == now.identity

    def calls(self, before: Tags, after: Tags) -> list[TagCall]:
        return by_key(self._request, before, after)

    def _check_arn(self, arn: str | None) -> None:
        if arn not in (None, self.arn):
            raise Conflict(f"there is no {self.arn}; the role {self.name} is {arn}", code="missing_resource")

    def _request(self, changed: Tags, removed: Sequence[str]) -> Request:
        if removed:
            return Request("iam", "UntagRole", {"RoleName": self.name, "TagKeys": list(removed)})
        return Request("iam", "TagRole", {"RoleName": self.name, "Tags": marks.as_list(changed)})
