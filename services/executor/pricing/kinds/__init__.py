"""What is paid for of each type of resource, one file a subject; found at start.

    @priced("AWS::EC2::NatGateway")
    def nat_gateway(properties: Properties, region: str, account: Account) -> Iterator[Item]: ...

The properties are those of CloudFormation. An item whose quantity follows from them is paid for certainly, one without
a quantity as it is used. A function raises Unpriced where a property that the price depends on is not known.
"""

from services.executor.pricing.kinds.registry import FREE, KINDS
from shared.worker.discovery import import_all

import_all(__name__, __path__)

__all__ = ["FREE", "KINDS"]
