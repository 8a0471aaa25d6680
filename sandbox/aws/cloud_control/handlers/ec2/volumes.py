"""Volumes and key pairs."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.failures import if_there
from sandbox.aws.cloud_control.handlers.ec2.described import Ec2Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, same
from sandbox.aws.cloud_control.tags import shown

_CREATED = (
    "AvailabilityZone", "Encrypted", "Iops", "KmsKeyId", "MultiAttachEnabled", "Size", "SnapshotId", "Throughput",
    "VolumeType",
)  # fmt: skip
_CHANGED = ("Iops", "Size", "Throughput", "VolumeType", "MultiAttachEnabled")


class Volume(Ec2Handler):
    type_name = "AWS::EC2::Volume"
    plural, key, id_key, kind = "volumes", "Volumes", "VolumeId", "volume"

    def create(self, aws: Loopback, desired: Model) -> str:
        given = {key: desired[key] for key in _CREATED if key in desired}
        return str(aws("ec2").create_volume(**given, **self.tagged(desired))["VolumeId"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        volume = self.found(aws, identifier)
        model = {
            "Encrypted": bool(volume.get("Encrypted")),
            "MultiAttachEnabled": bool(volume.get("MultiAttachEnabled")),
            "AutoEnableIO": False,
            **same(volume, "VolumeId", "AvailabilityZone", "Iops", "KmsKeyId", "Size", "SnapshotId", "Throughput"),
            **same(volume, "VolumeType"),
        }
        return shown(model, volume.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        given = {key: after[key] for key in changed(before, after, *_CHANGED) if key in after}
        if given:
            aws("ec2").modify_volume(VolumeId=identifier, **given)
        self.set_tags(aws, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ec2").delete_volume(VolumeId=identifier)


class KeyPair(Ec2Handler):
    type_name = "AWS::EC2::KeyPair"
    plural, key, id_key, kind = "key_pairs", "KeyPairs", "KeyName", "key-pair"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = str(desired["KeyName"])
        if "PublicKeyMaterial" in desired:
            material = desired["PublicKeyMaterial"].encode()
            aws("ec2").import_key_pair(KeyName=name, PublicKeyMaterial=material, **self.tagged(desired))
            return name
        made = aws("ec2").create_key_pair(KeyName=name, **same(desired, "KeyType", "KeyFormat"), **self.tagged(desired))
        # CloudFormation keeps the private key as a parameter.
        aws("ssm").put_parameter(
            Name=f"/ec2/keypair/{made['KeyPairId']}", Type="SecureString", Value=made["KeyMaterial"]
        )
        return name

    def read(self, aws: Loopback, identifier: str) -> Model:
        pair = self.found(aws, identifier)
        model = {"KeyType": pair.get("KeyType", "rsa"), **same(pair, "KeyName", "KeyPairId", "KeyFingerprint")}
        return shown(model, pair.get("Tags"))

    def delete(self, aws: Loopback, identifier: str) -> None:
        pair = self.found(aws, identifier)
        aws("ec2").delete_key_pair(KeyName=identifier)
        # Of one that was imported there is no private key.
        if_there(lambda: aws("ssm").delete_parameter(Name=f"/ec2/keypair/{pair['KeyPairId']}"))

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        yield from (one["KeyName"] for one in aws("ec2").describe_key_pairs()["KeyPairs"])
