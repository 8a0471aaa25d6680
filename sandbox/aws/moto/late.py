"""What moto reads or makes early and hardly anybody asks for: read or made when somebody does."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.kms import models as kms
from moto.kms.utils import AbstractPrivateKey, RSAPrivateKey, generate_private_key
from moto.utilities import utils

_OFFERINGS = "ec2/resources/instance_type_offerings"
_ASYMMETRIC = ("RSA_", "ECC_", "SM2")


def read_offerings_late() -> None:
    """Patch moto before its EC2 is imported, which would read the instance types of 30 regions from 90 files."""
    read = utils.load_resource

    def load_resource(resource: str) -> Any:
        return [] if resource.startswith(_OFFERINGS) else read(resource)

    setattr(utils, "load_resource", load_resource)  # noqa: B010  # a patch, not a member
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

    setattr(utils, "load_resource", read)  # noqa: B010
    for kind in INSTANCE_TYPE_OFFERINGS:
        INSTANCE_TYPE_OFFERINGS[kind] = Offerings(kind)


class Offerings(dict[str, Any]):
    """Which instance types are offered where, of one kind of place, by region."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, region: str) -> list[dict[str, Any]]:
        try:
            read = utils.load_resource(f"{_OFFERINGS}/{self._kind}/{region}.json")
        except FileNotFoundError:
            raise KeyError(region) from None
        self[region] = found = [{**one, "LocationType": self._kind} for one in read]
        return found

    def get(self, region: str, default: Any = None) -> Any:
        try:
            return self[region]
        except KeyError:
            return default


class UnusedPair(RSAPrivateKey):
    """The pair that moto gives a symmetric key too, of which GetPublicKey alone would tell."""

    def __init__(self) -> None:
        self.key_size = 2048

    @cached_property
    def private_key(self) -> rsa.RSAPrivateKey:  # type: ignore[override]  # moto's is set by its __init__
        return rsa.generate_private_key(public_exponent=65537, key_size=self.key_size)


def make_pairs_late() -> None:
    """Patch moto: making a pair of RSA keys takes some 60 ms, and each encrypted volume or secret brings a key."""
    make = generate_private_key

    def generate(key_spec: str) -> AbstractPrivateKey:
        return make(key_spec) if key_spec.startswith(_ASYMMETRIC) else UnusedPair()

    setattr(kms, "generate_private_key", generate)  # noqa: B010  # a patch, not a member
