"""What the double of AWS answers, as AWS writes it: the sizes and fields of instances, objects and metrics are real."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

ACCOUNT = "123456789012"
_EC2 = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
_S3 = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_REQUEST = "c1f7a4b0-6a51-4c5c-8a55-0a7f3e1b9c2d"
NOT_VERSIONED = f'<?xml version="1.0" encoding="UTF-8"?>\n<VersioningConfiguration {_S3}/>'.encode()
_OBJECT_BYTES = 1024
_REASONS = {200: "OK", 503: "Slow Down"}


def headers(head: bytes, status: int, body: bytes) -> bytes:
    """The head of an answer."""
    kind = "application/x-amz-json-1.0" if b"x-amz-json" in head else "text/xml;charset=UTF-8"
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}",
        f"x-amzn-RequestId: {_REQUEST}",
        f"x-amz-request-id: {_REQUEST}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime())}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def slow_down(service: str) -> bytes:
    """A refusal of one call too many, as the service says it."""
    if service == "ec2":
        error = "<Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error>"
        return f"<Response><Errors>{error}</Errors><RequestID>{_REQUEST}</RequestID></Response>".encode()
    if service == "monitoring":
        return _json({"__type": "ThrottlingException", "message": "Rate exceeded"})
    if service == "s3":
        return b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    error = "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    return f"<ErrorResponse>{error}<RequestId>{_REQUEST}</RequestId></ErrorResponse>".encode()


def buckets(regions: Mapping[str, str]) -> bytes:
    each = "".join(
        f"<Bucket><Name>{name}</Name><CreationDate>2026-01-05T09:30:00.000Z</CreationDate>"
        f"<BucketRegion>{region}</BucketRegion></Bucket>"
        for name, region in regions.items()
    )
    owner = "<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID></Owner>"
    return f"<ListAllMyBucketsResult {_S3}>{owner}<Buckets>{each}</Buckets></ListAllMyBucketsResult>".encode()


def listed(name: str, objects: int, *, versions: bool) -> bytes:
    """The objects of a bucket, or all their versions."""
    root, item = ("ListVersionsResult", "Version") if versions else ("ListBucketResult", "Contents")
    version = "<VersionId>null</VersionId><IsLatest>true</IsLatest>" if versions else ""
    each = "".join(
        f"<{item}><Key>logs/2026/11/{number:06d}.json.gz</Key>{version}"
        f"<LastModified>2026-11-{number % 28 + 1:02d}T08:15:30.000Z</LastModified>"
        f"<ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag><Size>{_OBJECT_BYTES}</Size>"
        f"<StorageClass>STANDARD</StorageClass></{item}>"
        for number in range(objects)
    )
    count = "" if versions else f"<KeyCount>{objects}</KeyCount>"
    text = f"<{root} {_S3}><Name>{name}</Name><Prefix/><MaxKeys>1000</MaxKeys>{count}<IsTruncated>false</IsTruncated>"
    return f"{text}{each}</{root}>".encode()


def no_uploads(name: str) -> bytes:
    inside = f"<Bucket>{name}</Bucket><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>"
    return f"<ListMultipartUploadsResult {_S3}>{inside}</ListMultipartUploadsResult>".encode()


def no_directory_buckets() -> bytes:
    return f"<ListAllMyDirectoryBucketsResult {_S3}><Buckets/></ListAllMyDirectoryBucketsResult>".encode()


def caller() -> bytes:
    found = f"<Arn>arn:aws:iam::{ACCOUNT}:user/bench</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>"
    result = f"<GetCallerIdentityResult>{found}</GetCallerIdentityResult>"
    meta = f"<ResponseMetadata><RequestId>{_REQUEST}</RequestId></ResponseMetadata>"
    return f"<GetCallerIdentityResponse>{result}{meta}</GetCallerIdentityResponse>".encode()


def empty_ec2(action: str) -> bytes:
    return f"<{action}Response {_EC2}><requestId>{_REQUEST}</requestId></{action}Response>".encode()


def instances(region: str, count: int) -> bytes:
    each = "".join(_reservation(region, number) for number in range(count))
    text = f"<requestId>{_REQUEST}</requestId><reservationSet>{each}</reservationSet>"
    return f"<DescribeInstancesResponse {_EC2}>{text}</DescribeInstancesResponse>".encode()


def _reservation(region: str, number: int) -> str:
    one, zone = f"{number:017x}", f"{region}{'abc'[number % 3]}"
    address = f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"
    dns = f"ip-{address.replace('.', '-')}.{region}.compute.internal"
    group = "<item><groupId>sg-0a1b2c3d4e5f60718</groupId><groupName>web</groupName></item>"
    tags = "".join(
        f"<item><key>{key}</key><value>{value}</value></item>"
        for key, value in (("Name", f"web-{number}"), ("env", "prod"), ("team", "data"), ("cost-center", "4711"))
    )
    status = f"<status>attached</status><attachTime>2026-03-0{number % 9 + 1}T10:11:12.000Z</attachTime>"
    network = (
        f"<item><networkInterfaceId>eni-{one}</networkInterfaceId><subnetId>subnet-0aa11bb22cc33dd44</subnetId>"
        f"<vpcId>vpc-0123456789abcdef0</vpcId><description/><ownerId>{ACCOUNT}</ownerId><status>in-use</status>"
        f"<macAddress>06:1b:2c:3d:4e:5f</macAddress><privateIpAddress>{address}</privateIpAddress>"
        f"<privateDnsName>{dns}</privateDnsName><sourceDestCheck>true</sourceDestCheck><groupSet>{group}</groupSet>"
        f"<attachment><attachmentId>eni-attach-{one}</attachmentId><deviceIndex>0</deviceIndex>{status}"
        "<deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>"
        f"<privateIpAddressesSet><item><privateIpAddress>{address}</privateIpAddress><privateDnsName>{dns}"
        "</privateDnsName><primary>true</primary></item></privateIpAddressesSet><ipv6AddressesSet/>"
        "<interfaceType>interface</interfaceType></item>"
    )
    disk = (
        f"<item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{one}</volumeId>{status}"
        "<deleteOnTermination>true</deleteOnTermination></ebs></item>"
    )
    metadata = (
        "<metadataOptions><state>applied</state><httpTokens>required</httpTokens><httpPutResponseHopLimit>2"
        "</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint><httpProtocolIpv6>disabled</httpProtocolIpv6>"
        "<instanceMetadataTags>disabled</instanceMetadataTags></metadataOptions>"
    )
    instance = (
        f"<item><instanceId>i-{one}</instanceId><imageId>ami-0c55b159cbfafe1f0</imageId><instanceState><code>16</code>"
        f"<name>{'stopped' if number % 7 == 0 else 'running'}</name></instanceState>"
        f"<privateDnsName>{dns}</privateDnsName>"
        "<dnsName/><reason/><keyName>ops</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/>"
        f"<instanceType>m6i.large</instanceType><launchTime>2026-03-0{number % 9 + 1}T10:11:11.000Z</launchTime>"
        f"<placement><availabilityZone>{zone}</availabilityZone><groupName/><tenancy>default</tenancy></placement>"
        "<monitoring><state>disabled</state></monitoring><subnetId>subnet-0aa11bb22cc33dd44</subnetId>"
        f"<vpcId>vpc-0123456789abcdef0</vpcId><privateIpAddress>{address}</privateIpAddress>"
        f"<sourceDestCheck>true</sourceDestCheck><groupSet>{group}</groupSet><architecture>x86_64</architecture>"
        f"<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>"
        f"<blockDeviceMapping>{disk}</blockDeviceMapping><virtualizationType>hvm</virtualizationType>"
        f"<clientToken>{one}</clientToken><tagSet>{tags}</tagSet><hypervisor>xen</hypervisor>"
        f"<networkInterfaceSet>{network}</networkInterfaceSet><iamInstanceProfile><arn>arn:aws:iam::{ACCOUNT}:"
        "instance-profile/web</arn><id>AIPAEXAMPLE</id></iamInstanceProfile><ebsOptimized>true</ebsOptimized>"
        "<enaSupport>true</enaSupport><cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore>"
        "</cpuOptions><capacityReservationSpecification><capacityReservationPreference>open"
        "</capacityReservationPreference></capacityReservationSpecification><hibernationOptions><configured>false"
        f"</configured></hibernationOptions><enclaveOptions><enabled>false</enabled></enclaveOptions>{metadata}"
        "<platformDetails>Linux/UNIX</platformDetails><usageOperation>RunInstances</usageOperation>"
        f"<usageOperationUpdateTime>2026-03-0{number % 9 + 1}T10:11:11.000Z</usageOperationUpdateTime>"
        "<privateDnsNameOptions><hostnameType>ip-name</hostnameType><enableResourceNameDnsARecord>false"
        "</enableResourceNameDnsARecord><enableResourceNameDnsAAAARecord>false</enableResourceNameDnsAAAARecord>"
        "</privateDnsNameOptions><maintenanceOptions><autoRecovery>default</autoRecovery></maintenanceOptions>"
        "<currentInstanceBootMode>uefi</currentInstanceBootMode></item>"
    )
    return (
        f"<item><reservationId>r-{one}</reservationId><ownerId>{ACCOUNT}</ownerId><groupSet/>"
        f"<instancesSet>{instance}</instancesSet></item>"
    )


def list_metrics(names: Sequence[str], asked: Mapping[str, Any], page: int = 500) -> bytes:
    """The two daily metrics of each bucket, of those asked for."""
    wanted = {one["Value"] for one in asked.get("Dimensions", ()) if one["Name"] == "BucketName"}
    every = [
        {
            "Namespace": "AWS/S3",
            "MetricName": metric,
            "Dimensions": [{"Name": "StorageType", "Value": storage}, {"Name": "BucketName", "Value": name}],
        }
        for name in names
        for metric, storage in (("BucketSizeBytes", "StandardStorage"), ("NumberOfObjects", "AllStorageTypes"))
        if asked.get("MetricName") in (None, metric) and (not wanted or name in wanted)
    ]
    start = int(asked.get("NextToken") or 0)
    answer: dict[str, Any] = {"Metrics": every[start : start + page]}
    if start + page < len(every):
        answer["NextToken"] = str(start + page)
    return _json(answer)


def metric_data(asked: Mapping[str, Any], objects: int) -> bytes:
    """Yesterday's figure of each metric that is asked for."""
    yesterday = time.time() // 86_400 * 86_400 - 86_400
    results = []
    for query in asked["MetricDataQueries"]:
        size = query["MetricStat"]["Metric"]["MetricName"] == "BucketSizeBytes"
        value = float(objects * _OBJECT_BYTES if size else objects)
        results.append({"Id": query["Id"], "StatusCode": "Complete", "Timestamps": [yesterday], "Values": [value]})
    return _json({"MetricDataResults": results, "Messages": []})


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
