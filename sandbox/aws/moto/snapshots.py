"""DescribeSnapshots by owner: moto shows every account the snapshots of Amazon's images too."""

from __future__ import annotations

from typing import Any


def apply_snapshot_owners() -> None:
    """Patch moto."""
    from moto.core.responses import ActionResult
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore

    describe = ElasticBlockStore.describe_snapshots

    def describe_of_owners(self: ElasticBlockStore) -> ActionResult:
        owners = self._get_param("OwnerIds", [])
        answer = describe(self)
        if not owners:
            return answer
        wanted = {self.ec2_backend.account_id if owner == "self" else owner for owner in owners}
        listed: Any = answer.result
        return ActionResult({"Snapshots": [one for one in listed["Snapshots"] if one.owner_id in wanted]})

    setattr(ElasticBlockStore, "describe_snapshots", describe_of_owners)  # noqa: B010  # a patch, not a member
