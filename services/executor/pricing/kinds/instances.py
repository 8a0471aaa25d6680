"""EC2 instances: hours of computing, the volumes that are made with them, and public IPv4 addresses.

The price depends on the image's operating system and licence, which EC2 names by the image's `UsageOperation`; the
price list has the same value as `operation`: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item, Query, Unpriced, by_use, elements, hourly, text
from services.executor.pricing.kinds.addresses import address_query
from services.executor.pricing.kinds.registry import Properties, priced
from services.executor.pricing.kinds.volumes import volume_items
from shared.text.plain import named

_TENANCY = {"default": "Shared"}


@priced("AWS::EC2::Instance")
def instance(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """A new instance, with its volumes."""
    if properties.get("LaunchTemplate"):
        raise Unpriced("the launch template was not read, which may set what the price depends on")
    if properties.get("HostId") or properties.get("HostResourceGroupArn"):
        raise Unpriced("what runs on a host of one's own is paid with the host")
    kind = text(properties, "InstanceType")
    image = account.image(text(properties, "ImageId"), region)
    yield computing(kind, image, text(properties, "Tenancy", "default"), region)
    for device in _devices(image, properties):
        yield from _volume(device, region)
    yield from _addresses(properties, region)


def computing(kind: str, billed: Mapping[str, Any], tenancy: str, region: str) -> Item:
    """The hours of an instance; `billed` is its image, or itself, as EC2 describes them."""
    if tenancy not in _TENANCY:
        raise Unpriced(f"an instance with the tenancy {named(tenancy)} costs more than its hours")
    if any(code.get("ProductCodeType") == "marketplace" for code in billed.get("ProductCodes") or ()):
        raise Unpriced("its image is one of AWS Marketplace, whose seller sets a price of its own")
    operation = billed.get("UsageOperation")
    if not operation:
        raise Unpriced("EC2 does not say under which operating system the image is billed")
    filters = (
        ("instanceType", kind),
        ("tenancy", _TENANCY[tenancy]),
        ("operation", str(operation)),
        ("capacitystatus", "Used"),
    )
    system = named(str(billed.get("PlatformDetails") or operation))
    return hourly(f"instance {named(kind)}, {system}, on demand", Query("AmazonEC2", region, filters))


def _devices(image: Mapping[str, Any], properties: Properties) -> Iterator[Mapping[str, Any]]:
    """The volumes it is made with: those of its image, changed by those that are named."""
    devices: dict[str, Mapping[str, Any] | None] = {
        str(one.get("DeviceName")): one["Ebs"] for one in image.get("BlockDeviceMappings") or () if "Ebs" in one
    }
    for given in elements(properties, "BlockDeviceMappings"):
        name, ebs = str(given.get("DeviceName")), given.get("Ebs")
        if "NoDevice" in given:
            devices[name] = None
        elif isinstance(ebs, Mapping):
            devices[name] = {**(devices.get(name) or {}), **ebs}
    for name, device in devices.items():
        if device is not None:
            yield {**device, "DeviceName": name}


def _volume(device: Mapping[str, Any], region: str) -> Iterator[Item]:
    name = device["DeviceName"]
    if device.get("VolumeSize") is None or device.get("VolumeType") is None:
        raise Unpriced(f"neither the image nor the instance says the size and type of the volume {named(name)}")
    yield from volume_items(device, "VolumeSize", region, text(device, "VolumeType"), f"volume {named(name)}")


def _addresses(properties: Properties, region: str) -> Iterator[Item]:
    asked = [one.get("AssociatePublicIpAddress") for one in elements(properties, "NetworkInterfaces")]
    if any(asked):
        yield hourly("public IPv4 address", address_query(region))
    elif not any(one is False for one in asked):
        yield by_use("a public IPv4 address, where its subnet gives it one", address_query(region))
