"""What of the account a price depends on: an image's operating system, an instance's type, a volume's size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.pricing.items import Unpriced
from services.executor.registry.operation import UNKNOWN
from shared.access.levels import actions_of
from shared.aws.clients import Aws, error_code, translate
from shared.text.plain import named, quoted

# What reading it needs, of the session that prices are read in.
ACTIONS = (
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
    "lambda:GetFunctionConfiguration",
    "rds:DescribeDBInstances",
)
_DENIED = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a plan is for. Everything raises Unpriced where AWS does not say it.

    `reader` gives AWS with credentials for reading, made when they are first needed. What a plan's earlier steps make
    of what is there (`leaves`) is seen by its later ones: an instance that was stopped costs its hours again once it is
    started.
    """

    reader: Callable[[], Aws]
    _left: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def leaves(self, identifier: str, region: str, **changes: Any) -> None:
        """What a step makes of an instance, a volume or a database: members of what AWS describes."""
        self._left.setdefault((identifier, region), {}).update(changes)

    def image(self, image_id: str, region: str) -> Mapping[str, Any]:
        """An image, as EC2's DescribeImages answers."""
        found = self._ask("ec2", "DescribeImages", region, ImageIds=[_known(image_id)])["Images"]
        return _one(found, f"the image {named(image_id)}")

    def instances(self, ids: Sequence[str], region: str) -> list[Mapping[str, Any]]:
        """Instances, as DescribeInstances answers; all of them, or Unpriced."""
        wanted = list(dict.fromkeys(map(_known, ids)))
        answer = self._ask("ec2", "DescribeInstances", region, InstanceIds=wanted)
        found = [one for reservation in answer["Reservations"] for one in reservation["Instances"]]
        if len(found) != len(wanted):
            raise Unpriced("not all of the instances were found")
        return [self._as_left(one, "InstanceId", region) for one in found]

    def volumes(self, ids: Sequence[str], region: str) -> list[Mapping[str, Any]]:
        """Volumes, as DescribeVolumes answers; all of them, or Unpriced."""
        wanted = list(dict.fromkeys(map(_known, ids)))
        if not wanted:
            return []
        found: list[Mapping[str, Any]] = self._ask("ec2", "DescribeVolumes", region, VolumeIds=wanted)["Volumes"]
        if len(found) != len(wanted):
            raise Unpriced("not all of the volumes were found")
        return [self._as_left(one, "VolumeId", region) for one in found]

    def database(self, identifier: str, region: str) -> Mapping[str, Any]:
        """A database instance, as RDS's DescribeDBInstances answers."""
        answer = self._ask("rds", "DescribeDBInstances", region, DBInstanceIdentifier=_known(identifier))
        found = _one(answer["DBInstances"], f"the database {named(identifier)}")
        return self._as_left({"DBInstanceIdentifier": identifier, **found}, "DBInstanceIdentifier", region)

    def function(self, name: str, region: str) -> Mapping[str, Any]:
        """A function's configuration, as Lambda's GetFunctionConfiguration answers."""
        return self._ask("lambda", "GetFunctionConfiguration", region, FunctionName=_known(name))

    def _as_left(self, found: Mapping[str, Any], name: str, region: str) -> Mapping[str, Any]:
        return {**found, **self._left.get((str(found.get(name)), region), {})}

    def _ask(self, service: str, operation: str, region: str, **parameters: Any) -> Mapping[str, Any]:
        try:
            client = self.reader().client(service, region)
            answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except (ClientError, BotoCoreError) as error:
            raise unpriced(error, actions_of(service, operation)) from None
        return answer


def unpriced(error: ClientError | BotoCoreError, actions: Sequence[str]) -> Unpriced:
    """Why something was not read, in words: which permission is missing, or what AWS said."""
    if isinstance(error, ClientError) and any(word in error_code(error) for word in _DENIED):
        return Unpriced(f"it may not be read: AWS denies {', '.join(actions)}")
    return Unpriced(quoted(translate(error).detail))


def _known(name: str) -> str:
    if UNKNOWN in name:
        raise Unpriced("it is known only after another step has run")
    return name


def _one(found: Sequence[Mapping[str, Any]], what: str) -> Mapping[str, Any]:
    if len(found) != 1:
        raise Unpriced(f"{what} was not found")
    return found[0]
