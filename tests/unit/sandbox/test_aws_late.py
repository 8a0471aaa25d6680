"""What moto would read or make early is there when somebody asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.conftest import Double


@pytest.mark.parametrize("kind", ["region", "availability-zone", "availability-zone-id"])
def test_instance_types_are_offered_where_aws_offers_them(aws: Double, kind: str) -> None:
    offered = aws.admin("ec2", "eu-west-1").describe_instance_type_offerings(LocationType=kind)["InstanceTypeOfferings"]
    assert {one["LocationType"] for one in offered} == {kind}
    assert "t3.micro" in {one["InstanceType"] for one in offered}
    assert all(one["Location"].startswith("eu") for one in offered)


def test_an_instance_in_a_zone_of_another_region_is_refused(aws: Double) -> None:
    with pytest.raises(ClientError, match="eu-west-1a"):
        aws.admin("ec2", "us-east-1").run_instances(
            ImageId="ami-0abcdef1234567890", MinCount=1, MaxCount=1, Placement={"AvailabilityZone": "eu-west-1a"}
        )


def test_a_symmetric_key_encrypts_and_an_asymmetric_one_signs(aws: Double) -> None:
    kms = aws.admin("kms")
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    sealed = kms.encrypt(KeyId=symmetric, Plaintext=b"text")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"text"
    signing = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    about = {"KeyId": signing, "Message": b"text", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    assert kms.verify(**about, Signature=kms.sign(**about)["Signature"])["SignatureValid"]
    assert kms.get_public_key(KeyId=signing)["PublicKey"] == kms.get_public_key(KeyId=signing)["PublicKey"]


def test_all_sessions_read_the_models_of_one_loader_and_moto_those_of_another() -> None:
    """botocore's clients change S3's addresses in theirs, and moto would then find no operation by them."""
    program = (
        "from sandbox.aws.moto.patches import configure; configure();"
        "import boto3, botocore.session; from moto.core import loaders, utils;"
        "of_moto, of_one = loaders.create_loader(), botocore.session.Session().get_component('data_loader');"
        "print(utils.create_loader() is of_moto,"
        " boto3.Session()._session.get_component('data_loader') is of_one, of_one is of_moto)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True", "False"]
