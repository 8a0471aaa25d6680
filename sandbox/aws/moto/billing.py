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
        for number, name in enumerate(("platform_details", "usage_operation")):
            setattr(model, name, property(lambda self, number=number: _billed(self)[number]))


def _billed(one: Any) -> tuple[str, str]:
    return _BILLED.get(str(getattr(one, "platform", None) or "").lower(), _LINUX)
