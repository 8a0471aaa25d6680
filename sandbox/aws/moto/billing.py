"""Under which operating system images and instances are billed, which moto does not say.

EC2 answers it as `PlatformDetails` and `UsageOperation`:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.amis import Ami
from moto.ec2.models.instances import Instance

_BILLED = {"windows": ("Windows", "RunInstances:0002")}
_LINUX = ("Linux/UNIX", "RunInstances")


def apply_billing() -> None:
    """Patch moto."""
    for model in (Ami, Instance):
        setattr(model, "platform_details", property(lambda self: _billed(self)[0]))  # noqa: B010  # a patch
        setattr(model, "usage_operation", property(lambda self: _billed(self)[1]))  # noqa: B010  # a patch


def _billed(one: Any) -> tuple[str, str]:
    return _BILLED.get(str(getattr(one, "platform", None) or "").lower(), _LINUX)
