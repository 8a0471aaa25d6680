"""How the sandbox's Cloud Control behaves on purpose: slow types, failing handlers, throttling; for tests and demos."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.aws.cloud_control.failures import EXCEPTIONS, HandlerFailure
from sandbox.aws.protocol.errors import Answer

# AWS takes minutes; a few seconds show what a slow type does to a client.
SECONDS: Mapping[str, float] = {"AWS::RDS::DBInstance": 3.0}


class Fault(BaseModel):
    """A handler that fails: before it did anything, or after it did all (AWS does not roll back)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type_name: str
    operation: Literal["CREATE", "UPDATE", "DELETE"]
    error: str = "ServiceInternalError"
    when: Literal["before", "after"] = "before"


class Change(BaseModel):
    """What is asked of `POST /_sandbox/cloud-control`; what is not given stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: dict[str, float] | None = None
    faults: list[Fault] | None = None
    throttled: int | None = Field(default=None, ge=0)


@dataclass
class Behaviour:
    """`seconds` that a type's operations take at least, by `TYPE` or by `TYPE:OPERATION`; the next `faults`; and how
    many of the next calls are throttled."""

    seconds: dict[str, float] = field(default_factory=lambda: dict(SECONDS))
    faults: list[Fault] = field(default_factory=list)
    throttled: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def change(self, change: Change) -> None:
        with self.lock:
            self.seconds |= change.seconds or {}
            self.faults += change.faults or []
            self.throttled = self.throttled if change.throttled is None else change.throttled

    def seconds_of(self, type_name: str, operation: str) -> float:
        """How long an operation takes after its handler is done."""
        return self.seconds.get(f"{type_name}:{operation}", self.seconds.get(type_name, 0.0))

    def throttles(self) -> bool:
        """Whether this call is throttled."""
        with self.lock:
            if self.throttled:
                self.throttled -= 1
                return True
            return False

    def fail(self, type_name: str, operation: str, when: str) -> None:
        """Raise the next fault of a type's operation, once."""
        with self.lock:
            fault = next(
                (
                    one
                    for one in self.faults
                    if (one.type_name, one.operation, one.when) == (type_name, operation, when)
                ),
                None,
            )
            if fault is not None:
                self.faults.remove(fault)
        if fault is not None:
            code = fault.error if fault.error in EXCEPTIONS else "InternalFailure"
            raise HandlerFailure(code, f"The sandbox was told to fail this {operation}.")


def seconds_by_type(text: str, role_delay: float) -> dict[str, float]:
    """`AWS::RDS::DBInstance=3,AWS::EC2::NatGateway:CREATE=2` as seconds, over the usual ones.

    A new role is done once Lambda can assume it, `role_delay` seconds after it was made, as CloudFormation waits.
    """
    pairs = (part.rpartition("=") for part in text.split(",") if part.strip())
    usual = {**SECONDS, "AWS::IAM::Role:CREATE": role_delay}
    return usual | {name.strip(): float(seconds) for name, _, seconds in pairs}


def answer_change(behaviour: Behaviour, body: bytes) -> Answer:
    """Answer `POST /_sandbox/cloud-control`."""
    try:
        behaviour.change(Change.model_validate_json(body or b"{}"))
    except ValidationError as error:
        return Answer(400, {"Content-Type": "application/json"}, error.json(include_url=False).encode())
    return Answer(204, {}, b"")
