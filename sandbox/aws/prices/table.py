"""The sandbox's price list: products as AWS names them, with round figures that are nobody's prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# What a region's usage types begin with; N. Virginia has mostly none.
PREFIXES: Mapping[str, str] = {
    "ap-northeast-1": "APN1", "ap-northeast-2": "APN2", "ap-northeast-3": "APN3", "ap-south-1": "APS3",
    "ap-southeast-1": "APS1", "ap-southeast-2": "APS2", "ca-central-1": "CAN1", "eu-central-1": "EUC1",
    "eu-north-1": "EUN1", "eu-west-1": "EU", "eu-west-2": "EUW2", "eu-west-3": "EUW3", "sa-east-1": "SAE1",
    "us-east-1": "", "us-east-2": "USE2", "us-west-1": "USW1", "us-west-2": "USW2",
}  # fmt: skip

# From so many units on, US dollars a unit.
Tiers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """A product that every region has. `usage_type` is without the region's prefix.

    `always_prefixed`: N. Virginia has a prefix too; `by_region_name`: the prefix is the region's code.
    """

    service: str
    family: str
    usage_type: str
    unit: str
    tiers: Tiers
    attributes: Mapping[str, str] = field(default_factory=dict)
    always_prefixed: bool = False
    by_region_name: bool = False

    def usage_type_in(self, region: str) -> str:
        prefix = PREFIXES[region]
        if self.by_region_name:
            prefix = region
        elif self.always_prefixed and not prefix:
            prefix = "USE1"
        return f"{prefix}-{self.usage_type}" if prefix else self.usage_type


def _flat(price: str) -> Tiers:
    return (("0", price),)


# US dollars an hour under Linux; Windows costs twice as much.
INSTANCES = {
    "t2.micro": "0.01", "t3.nano": "0.005", "t3.micro": "0.01", "t3.small": "0.02", "t3.medium": "0.04",
    "t3.large": "0.08", "t4g.nano": "0.004", "t4g.micro": "0.008", "t4g.small": "0.016", "t4g.medium": "0.03",
    "m5.large": "0.1", "m5.xlarge": "0.2", "m6i.large": "0.1", "m7g.large": "0.08", "c5.large": "0.1",
    "c5.xlarge": "0.2", "r5.large": "0.12",
}  # fmt: skip
# US dollars an hour in one zone; two cost twice as much.
DATABASES = {
    "db.t3.micro": "0.02", "db.t3.small": "0.04", "db.t3.medium": "0.08", "db.t4g.micro": "0.02", "db.m5.large": "0.2",
}  # fmt: skip
_VOLUMES = {"gp2": "0.1", "gp3": "0.1", "io1": "0.12", "io2": "0.12", "st1": "0.05", "sc1": "0.02", "standard": "0.05"}
_VOLUME_USAGE = {"io1": "piops"}


def rows() -> Iterator[Row]:
    """Every product, without its region."""
    yield from _instances()
    yield from _volumes()
    yield from _databases()
    yield from _networks()
    yield from _by_use()


def _instances() -> Iterator[Row]:
    for kind, price in INSTANCES.items():
        for system, operation, factor in (("Linux", "RunInstances", 1), ("Windows", "RunInstances:0002", 2)):
            hourly = f"{float(price) * factor:.3f}"
            for status, usage in (("Used", "BoxUsage"), ("UnusedCapacityReservation", "UnusedBox")):
                yield Row("AmazonEC2", "Compute Instance", f"{usage}:{kind}", "Hrs", _flat(hourly), {
                    "instanceType": kind, "operatingSystem": system, "operation": operation, "tenancy": "Shared",
                    "preInstalledSw": "NA", "licenseModel": "No License required", "capacitystatus": status,
                    "marketoption": "OnDemand",
                })  # fmt: skip


def _volumes() -> Iterator[Row]:
    for kind, price in _VOLUMES.items():
        suffix = "" if kind == "standard" else f".{_VOLUME_USAGE.get(kind, kind)}"
        about = {"volumeApiName": kind}
        yield Row("AmazonEC2", "Storage", f"EBS:VolumeUsage{suffix}", "GB-Mo", _flat(price), about)
    for usage, kind in (("gp3", "gp3"), ("piops", "io1"), ("io2", "io2"), ("io2.tier2", "io2"), ("io2.tier3", "io2")):
        about = {"volumeApiName": kind}
        yield Row("AmazonEC2", "System Operation", f"EBS:VolumeP-IOPS.{usage}", "IOPS-Mo", _flat("0.01"), about)
    about = {"volumeApiName": "gp3"}
    yield Row("AmazonEC2", "Provisioned Throughput", "EBS:VolumeP-Throughput.gp3", "GiBps-mo", _flat("51.2"), about)
    about = {"volumeApiName": "standard"}
    yield Row("AmazonEC2", "System Operation", "EBS:VolumeIOUsage", "IOs", _flat("0.0000001"), about)


def _databases() -> Iterator[Row]:
    for engine in ("MySQL", "MariaDB", "PostgreSQL"):
        for kind, price in DATABASES.items():
            for option, usage, factor in (("Single-AZ", "InstanceUsage", 1), ("Multi-AZ", "Multi-AZUsage", 2)):
                hourly = f"{float(price) * factor:.3f}"
                yield Row("AmazonRDS", "Database Instance", f"{usage}:{kind}", "Hrs", _flat(hourly), {
                    "instanceType": kind, "databaseEngine": engine, "deploymentOption": option,
                    "licenseModel": "No license required",
                })  # fmt: skip
    for option, where, factor in (("Single-AZ", "RDS:", 1), ("Multi-AZ", "RDS:Multi-AZ-", 2)):
        about = {"databaseEngine": "Any", "deploymentOption": option}
        for usage in ("GP2-Storage", "GP3-Storage", "PIOPS-Storage", "StorageUsage"):
            yield Row("AmazonRDS", "Database Storage", f"{where}{usage}", "GB-Mo", _flat(f"{0.1 * factor:.1f}"), about)
        for usage in ("PIOPS", "GP3-PIOPS"):
            yield Row(
                "AmazonRDS", "Provisioned IOPS", f"{where}{usage}", "IOPS-Mo", _flat(f"{0.1 * factor:.1f}"), about
            )
    about = {"databaseEngine": "Any"}
    yield Row("AmazonRDS", "Storage Snapshot", "RDS:ChargedBackupUsage", "GB-Mo", _flat("0.1"), about)


def _networks() -> Iterator[Row]:
    for usage, price in (("NatGateway-Hours", "0.05"), ("RegionalNatGateway-Hours", "0.07")):
        yield Row("AmazonEC2", "NAT Gateway", usage, "Hrs", _flat(price))
    yield Row("AmazonEC2", "NAT Gateway", "NatGateway-Bytes", "GB", _flat("0.05"))
    for kind in ("InUseAddress", "IdleAddress", "ContiguousBlock"):
        price = "0.008" if kind == "ContiguousBlock" else "0.005"
        about = {"group": "VPCPublicIPv4Address"}
        yield Row("AmazonVPC", "", f"PublicIPv4:{kind}", "Hrs", _flat(price), about, always_prefixed=True)
    yield Row("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Hours", "Hrs", _flat("0.01"))
    yield Row("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Bytes", "GB", (("0", "0.01"), ("1048576", "0.006")))
    for family in ("Load Balancer-Application", "Load Balancer-Network", "Load Balancer-Gateway"):
        yield Row("AWSELB", family, "LoadBalancerUsage", "Hrs", _flat("0.02"))
        yield Row("AWSELB", family, "TS-LoadBalancerUsage", "Hrs", _flat("0.004"))
        yield Row("AWSELB", family, "LCUUsage", "LCU-Hrs", _flat("0.01"))
    yield Row("AWSELB", "Load Balancer", "LoadBalancerUsage", "Hrs", _flat("0.03"))
    yield Row("AWSELB", "Load Balancer", "DataProcessing-Bytes", "GB", _flat("0.01"))
    yield Row("AmazonEKS", "Compute", "AmazonEKS-Hours:perCluster", "Hours", _flat("0.1"), always_prefixed=True)


def _by_use() -> Iterator[Row]:
    for arm, price in (("", "0.00002"), ("-ARM", "0.000016")):
        about = {"group": f"AWS-Lambda-Requests{arm}"}
        yield Row("AWSLambda", "Serverless", f"Request{arm}", "Requests", _flat("0.0000002"), about)
        about = {"group": f"AWS-Lambda-Duration{arm}"}
        tiers = (("0", price), ("6000000000", f"{float(price) * 0.9:.7f}"))
        yield Row("AWSLambda", "Serverless", f"Lambda-GB-Second{arm}", "Lambda-GB-Second", tiers, about)
        about = {"group": f"AWS-Lambda-Provisioned-Concurrency{arm}"}
        usage = f"Lambda-Provisioned-Concurrency{arm}"
        yield Row("AWSLambda", "Serverless", usage, "Lambda-GB-Second", _flat("0.000004"), about)
    stored: Tiers = (("0", "0.02"), ("51200", "0.019"), ("512000", "0.018"))
    yield Row("AmazonS3", "Storage", "TimedStorage-ByteHrs", "GB-Mo", stored, {"volumeType": "Standard"})
    for name, price in (("Tier1", "0.000005"), ("Tier2", "0.0000004")):
        yield Row("AmazonS3", "API Request", f"Requests-{name}", "Requests", _flat(price), {"group": f"S3-API-{name}"})
    for name, price in (("Read", "0.0001"), ("Write", "0.0005")):
        about, unit = {"group": f"DDB-{name}Units"}, f"{name}CapacityUnit-Hrs"
        yield Row("AmazonDynamoDB", "Provisioned IOPS", unit, unit, (("0", "0"), ("18600", price)), about)
        family = "Amazon DynamoDB PayPerRequest Throughput"
        yield Row("AmazonDynamoDB", family, f"{name}RequestUnits", f"{name}RequestUnits", _flat("0.0000005"), about)
    yield Row("AmazonDynamoDB", "Database Storage", "TimedStorage-ByteHrs", "GB-Mo", (("0", "0"), ("25", "0.2")))
    yield Row("awskms", "Encryption Key", "KMS-Keys", "Keys", _flat("1"), by_region_name=True)
    yield Row(
        "awskms", "API Request", "KMS-Requests", "Requests", (("0", "0"), ("20000", "0.000003")), by_region_name=True
    )
    usage = "AWSSecretsManager-Secrets"
    yield Row("AWSSecretsManager", "Secret", usage, "Secrets", _flat("0.5"), always_prefixed=True)
    usage = "AWSSecretsManagerAPIRequest"
    yield Row("AWSSecretsManager", "API Request", usage, "API Requests", _flat("0.000005"), always_prefixed=True)
