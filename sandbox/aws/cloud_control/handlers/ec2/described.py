"""What EC2's resources have in common: they are described by id, all in one way, and tagged with two operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.tags import TagChange, as_list


class Ec2Handler(Handler):
    """Of a resource that `describe_<plural>` answers under `key`, with its id under `id_key`."""

    plural: ClassVar[str]
    key: ClassVar[str]
    id_key: ClassVar[str]
    kind: ClassVar[str]
    """As TagSpecifications name it."""

    def found(self, aws: Loopback, identifier: str) -> Model:
        """The resource as EC2 describes it. Raises `NotFound`, or what EC2 answers."""
        pages = getattr(aws("ec2"), f"describe_{self.plural}")(**{f"{self.id_key}s": [identifier]})
        found = [one for one in pages[self.key] if self.lives(one)]
        if not found:
            raise self.none(identifier)
        return dict(found[0])

    def lives(self, one: Model) -> bool:
        """Whether something that is described is still there; EC2 shows some for a while after their end."""
        return one.get("State") not in ("deleted", "deleting")

    def tagged(self, model: Model) -> dict[str, Any]:
        """The tags of a new resource, as its creation takes them."""
        tags = as_list(model.get("Tags"))
        return {"TagSpecifications": [{"ResourceType": self.kind, "Tags": tags}]} if tags else {}

    def set_tags(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        change = TagChange.of(before, after)
        if change.set:
            aws("ec2").create_tags(Resources=[identifier], Tags=change.pairs())
        if change.removed:
            aws("ec2").delete_tags(Resources=[identifier], Tags=[{"Key": key} for key in change.removed])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        self.set_tags(aws, identifier, before, after)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("ec2").get_paginator(f"describe_{self.plural}").paginate():
            yield from (one[self.id_key] for one in page[self.key] if self.lives(one))
