"""Where a plan acts: partition, account and region, as the ARNs of its permissions need them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from shared.access.arn_forms import Place
from shared.aws.regions import regions_of
from shared.errors import InvalidArguments
from shared.messages import Identity, SessionInfo


@dataclass(frozen=True, slots=True)
class Location(Place):
    """The partition ("aws", "aws-cn", …), account and default region of a session."""

    @classmethod
    def of(cls, info: SessionInfo) -> Location:
        """The location of a session."""
        return cls(partition=info.partition, account=info.account, region=info.region)

    @classmethod
    def of_identity(cls, identity: Identity) -> Location:
        """The location in a plan's `identity`, which the approval binds."""
        return cls(partition=identity.caller_arn.split(":")[1], account=identity.account, region=identity.region)


def check_region(region: str, partition: str) -> None:
    """Raise InvalidArguments for a region that the partition does not have, with what may be meant."""
    regions = regions_of(partition)
    if region not in regions:
        close = ", ".join(difflib.get_close_matches(region, regions, n=3))
        raise InvalidArguments(f"{region!r} is not an AWS region" + (f"; did you mean {close}?" if close else ""))
