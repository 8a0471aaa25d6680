"""What is known of one resource type: immutable, in CloudFormation's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from shared.resource_types.paths import PropertyPaths

HandlerName = Literal["create", "read", "update", "delete", "list"]
NOTHING = PropertyPaths()


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a type takes tags.

    `shape` is of the property: "list" of `{key_name: …, value_name: …}`, or "map" of key to value. `on_create` and
    `updatable` say when AWS takes them.
    """

    property: str
    shape: Literal["list", "map"]
    key_name: str = "Key"
    value_name: str = "Value"
    on_create: bool = True
    updatable: bool = True


@dataclass(frozen=True, slots=True)
class Handler:
    """What AWS's handler does: the IAM actions that the type declares for it, and how long it may take.

    The actions are a start: some types name actions that IAM does not know, patterns such as `s3:*`, or leave out
    `iam:PassRole` and the actions for tags. `minutes` is None where the type declares none: CloudFormation then allows
    120 (source: "timeoutInMinutes" in the CloudFormation CLI user guide, "Resource type definition schema").
    """

    actions: tuple[str, ...]
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type. Paths of properties are as `PropertyPaths` writes them: "Tags", "Rules/*/Prefix".

    - `primary_identifier`: the properties whose values, joined by "|", are Cloud Control's identifier of a resource.
    - `read_only`: set by AWS alone. `write_only`: never read back. `create_only`: a change needs a new resource;
      `conditional_create_only`: may need one.
    - `secret`: what must not be shown or logged, the write-only ones among them.
    - `holds_data`: whether deleting a resource can lose data that nothing makes again.
    """

    name: str
    purpose: str = ""
    required: tuple[str, ...] = ()
    primary_identifier: tuple[str, ...] = ()
    additional_identifiers: tuple[tuple[str, ...], ...] = ()
    read_only: PropertyPaths = NOTHING
    write_only: PropertyPaths = NOTHING
    create_only: PropertyPaths = NOTHING
    conditional_create_only: PropertyPaths = NOTHING
    deprecated: PropertyPaths = NOTHING
    secret: PropertyPaths = NOTHING
    tagging: Tagging | None = None
    handlers: Mapping[HandlerName, Handler] = field(default_factory=lambda: MappingProxyType({}))
    holds_data: bool = False

    @property
    def cloud_control(self) -> bool:
        """Whether Cloud Control can create, read and delete it."""
        return {"create", "read", "delete"} <= set(self.handlers)

    @property
    def updatable(self) -> bool:
        """Whether Cloud Control can change one in place."""
        return self.cloud_control and "update" in self.handlers

    @property
    def service(self) -> str:
        """The service as CloudFormation writes it: "S3" of "AWS::S3::Bucket"."""
        return self.name.split("::")[1]
