"""How `tag_resource` reads and sets the tags of Lambda functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.executor.calls.request import Request
from services.executor.operations.lambda_.function_state import check_function_name, function_settings
from services.executor.operations.tagging.taggable import Seen, TagCall, Tags, by_key, is_recognised, tags_for
from services.executor.registry.account_state import AccountState
from services.executor.registry.facts import Question, fact
from services.executor.registry.location import check_region
from shared.aws.clients import Aws


@fact("the tags of the function {1} in {0}", iam=("lambda:ListTags",), absent=("ResourceNotFoundException",))
def function_tags(aws: Aws, region: str, _name: str, arn: str) -> Mapping[str, str]:
    """The function's tags."""
    return dict(aws.client("lambda", region).list_tags(Resource=arn)["Tags"])


@dataclass(frozen=True, slots=True)
class Function:
    """A function of this account; its tags are of all its versions."""

    name: str
    arn: str
    ignores_case: bool = False
    power: tuple[Literal["low", "medium"], str] = (
        "medium",
        "policies may decide by a function's tags who may change and invoke it (aws:ResourceTag)",
    )

    @property
    def what(self) -> str:
        return f"the function {self.name}"

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    def check(self) -> None:
        check_function_name(self.name)
        check_region(self.region, self.arn.split(":")[1])

    def questions(self) -> list[Question]:
        return [function_settings.about(self.region, self.name), self._tags]

    def judge(self, state: AccountState) -> Tags | None:
        state.must_exist(f"function {self.name} in {self.region}", function_settings, self.region, self.name)
        state.is_in(self.region)
        return tags_for(state, function_settings.about(self.region, self.name), self._tags)

    def put(self, state: AccountState, tags: Tags) -> None:
        state.put(function_tags, *self._tags.names, value=tags)

    def look(self, aws: Aws) -> Seen:
        client = aws.client("lambda", self.region)
        found = client.get_function_configuration(FunctionName=self.name)
        return Seen(dict(client.list_tags(Resource=self.arn)["Tags"]), found.get("RevisionId"))

    def is_same(self, before: str | None, now: Seen, tags: Tags) -> bool:
        return is_recognised(before, now, tags)

    def calls(self, before: Tags, after: Tags) -> list[TagCall]:
        return by_key(self._request, before, after)

    @property
    def _tags(self) -> Question:
        return function_tags.about(self.region, self.name, self.arn)

    def _request(self, changed: Tags, removed: Sequence[str]) -> Request:
        if removed:
            return Request("lambda", "UntagResource", {"Resource": self.arn, "TagKeys": list(removed)}, self.region)
        return Request("lambda", "TagResource", {"Resource": self.arn, "Tags": dict(changed)}, self.region)
