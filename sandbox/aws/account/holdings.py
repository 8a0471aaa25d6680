"""What the account holds besides buckets, instances, functions and roles, as constants for the seed and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Volume:
    """A volume that is attached to nothing."""

    name: str
    region: str
    size_gib: int
    encrypted: bool


@dataclass(frozen=True)
class Database:
    """A database instance."""

    name: str
    region: str
    engine: str
    instance_class: str
    storage_gib: int
    public: bool = False
    encrypted: bool = True


@dataclass(frozen=True)
class Alarm:
    """A metric alarm and its state."""

    name: str
    region: str
    namespace: str
    metric: str
    state: str


@dataclass(frozen=True)
class Certificate:
    """An imported certificate, and in how many days it expires."""

    domain: str
    region: str
    days_left: int


ByRegion = Mapping[str, tuple[str, ...]]
VOLUMES = (
    Volume("old-reports", "us-east-1", 100, encrypted=False),
    Volume("restore-test", "us-east-1", 20, encrypted=True),
    Volume("etl-scratch", "us-west-2", 250, encrypted=True),
    # More than a model counts well: what is asked of them is computed (`query_result`).
    *(Volume(f"batch-{n:02}", ("us-west-2", "eu-west-1")[n % 2], n * 37 % 100 + 8, n % 4 > 0) for n in range(1, 37)),
)
ADDRESSES = {"eu-west-1": 2, "us-east-1": 1}
"""Elastic IP addresses by region; none is attached."""
DATABASES = (
    Database("orders", "eu-west-1", "postgres", "db.t4g.medium", 100),
    Database("reporting", "us-east-1", "mysql", "db.t3.small", 50, public=True, encrypted=False),
)
TABLES: ByRegion = {"us-east-1": ("orders", "sessions"), "eu-west-1": ("carts",)}
QUEUES: ByRegion = {"eu-west-1": ("order-events", "order-events-dead-letters"), "us-west-2": ("etl-jobs",)}
TOPICS: ByRegion = {"eu-west-1": ("order-alerts",), "us-east-1": ("billing-alerts",)}
ALARMS = (
    Alarm("order-notifier-errors", "us-east-1", "AWS/Lambda", "Errors", "ALARM"),
    Alarm("web-1-cpu", "us-east-1", "AWS/EC2", "CPUUtilization", "OK"),
    Alarm("orders-free-storage", "eu-west-1", "AWS/RDS", "FreeStorageSpace", "OK"),
)
CERTIFICATES = (
    Certificate("shop.example.com", "us-east-1", 21),
    Certificate("api.example.com", "eu-west-1", 200),
)
SECRETS: ByRegion = {"eu-west-1": ("orders-db", "payment-provider"), "us-east-1": ("reporting-db",)}
KEYS: ByRegion = {"eu-west-1": ("orders data",)}
REPOSITORIES: ByRegion = {"eu-west-1": ("shop/api", "shop/worker")}
CLUSTERS: ByRegion = {"eu-west-1": ("shop",)}
LOAD_BALANCERS: ByRegion = {"eu-west-1": ("shop-api",)}
TRAIL = ("account-trail", "us-east-1", "acme-app-logs")
"""The trail's name, its home region and the bucket that it writes to."""
