"""Puts what `holdings.py` describes into the account, by requests like any client."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.aws.account import holdings
from sandbox.aws.account.log_lines import LOG_GROUPS, lines_of
from sandbox.aws.account.seed_parts import ClientFactory


def seed_holdings(client: ClientFactory) -> None:
    """Make everything. `client` makes an administrator's client of a service in a region."""
    for make in (
        _volumes, _addresses, _databases, _tables, _queues_and_topics, _alarms, _certificates, _secrets_and_keys,
        _containers, _load_balancers, _trail, _logs,
    ):  # fmt: skip
        make(client)


def _volumes(client: ClientFactory) -> None:
    for volume in holdings.VOLUMES:
        client("ec2", volume.region).create_volume(
            AvailabilityZone=f"{volume.region}a",
            Size=volume.size_gib,
            Encrypted=volume.encrypted,
            VolumeType="gp3",
            TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": volume.name}]}],
        )


def _addresses(client: ClientFactory) -> None:
    for region, count in holdings.ADDRESSES.items():
        for _ in range(count):
            client("ec2", region).allocate_address(Domain="vpc")


def _databases(client: ClientFactory) -> None:
    for database in holdings.DATABASES:
        client("rds", database.region).create_db_instance(
            DBInstanceIdentifier=database.name,
            DBInstanceClass=database.instance_class,
            Engine=database.engine,
            AllocatedStorage=database.storage_gib,
            MasterUsername="owner",
            MasterUserPassword=secrets.token_urlsafe(16),
            PubliclyAccessible=database.public,
            StorageEncrypted=database.encrypted,
        )


def _tables(client: ClientFactory) -> None:
    for region, names in holdings.TABLES.items():
        for name in names:
            client("dynamodb", region).create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )


def _queues_and_topics(client: ClientFactory) -> None:
    for region, names in holdings.QUEUES.items():
        for name in names:
            client("sqs", region).create_queue(QueueName=name)
    for region, names in holdings.TOPICS.items():
        for name in names:
            client("sns", region).create_topic(Name=name)


def _alarms(client: ClientFactory) -> None:
    for alarm in holdings.ALARMS:
        cloudwatch = client("cloudwatch", alarm.region)
        cloudwatch.put_metric_alarm(
            AlarmName=alarm.name,
            Namespace=alarm.namespace,
            MetricName=alarm.metric,
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=alarm.name, StateValue=alarm.state, StateReason="Threshold crossed")


def _certificates(client: ClientFactory) -> None:
    for certificate in holdings.CERTIFICATES:
        made, key = _self_signed(certificate.domain, certificate.days_left)
        client("acm", certificate.region).import_certificate(Certificate=made, PrivateKey=key)


def _self_signed(domain: str, days_left: int) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days_left))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


def _secrets_and_keys(client: ClientFactory) -> None:
    for region, names in holdings.SECRETS.items():
        for name in names:
            client("secretsmanager", region).create_secret(Name=name, SecretString=secrets.token_urlsafe(24))
    for region, descriptions in holdings.KEYS.items():
        for description in descriptions:
            client("kms", region).create_key(Description=description)


def _containers(client: ClientFactory) -> None:
    for region, names in holdings.REPOSITORIES.items():
        for name in names:
            client("ecr", region).create_repository(repositoryName=name)
    for region, names in holdings.CLUSTERS.items():
        for name in names:
            client("ecs", region).create_cluster(clusterName=name)


def _load_balancers(client: ClientFactory) -> None:
    for region, names in holdings.LOAD_BALANCERS.items():
        subnets = [one["SubnetId"] for one in client("ec2", region).describe_subnets()["Subnets"][:2]]
        for name in names:
            client("elbv2", region).create_load_balancer(Name=name, Subnets=subnets)


def _trail(client: ClientFactory) -> None:
    name, region, bucket = holdings.TRAIL
    client("cloudtrail", region).create_trail(Name=name, S3BucketName=bucket, IsMultiRegionTrail=True)


def _logs(client: ClientFactory) -> None:
    now = datetime.now(UTC)
    for group in LOG_GROUPS:
        logs, stream = client("logs", group.region), f"{now:%Y/%m/%d}/[$LATEST]0000000000000000"
        logs.create_log_group(logGroupName=group.name)
        logs.create_log_stream(logGroupName=group.name, logStreamName=stream)
        events = [{"timestamp": int(at.timestamp() * 1000), "message": line} for at, line in lines_of(group, now)]
        logs.put_log_events(logGroupName=group.name, logStreamName=stream, logEvents=events)
