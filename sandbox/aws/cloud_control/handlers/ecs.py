"""ECS: clusters."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.failures import HandlerFailure
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, keys_lowered, keys_raised
from sandbox.aws.cloud_control.tags import as_lower_list, change_tags, shown

_NO_INSIGHTS = [{"Name": "containerInsights", "Value": "disabled"}]  # unless it is said


class Cluster(Handler):
    type_name = "AWS::ECS::Cluster"

    def _found(self, aws: Loopback, name: str) -> Model | None:
        clusters = aws("ecs").describe_clusters(clusters=[name], include=["TAGS", "SETTINGS"])["clusters"]
        return next((one for one in clusters if one["status"] != "INACTIVE"), None)

    def create(self, aws: Loopback, desired: Model) -> str:
        name = desired.get("ClusterName") or generated(self.type_name)
        # CreateCluster answers a cluster that is there.
        if "ClusterName" in desired and self._found(aws, name) is not None:
            raise HandlerFailure("AlreadyExists", f"Cluster {name} already exists")
        given: Model = {"settings": keys_lowered(desired.get("ClusterSettings"))}
        given["capacityProviders"] = desired.get("CapacityProviders", [])
        given["defaultCapacityProviderStrategy"] = keys_lowered(desired.get("DefaultCapacityProviderStrategy"))
        tags = as_lower_list(desired.get("Tags"))
        aws("ecs").create_cluster(clusterName=name, **{key: value for key, value in given.items() if value}, tags=tags)
        return str(name)

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = self._found(aws, identifier)
        if found is None:
            raise self.none(identifier)
        model: Model = {
            "ClusterName": found["clusterName"],
            "Arn": found["clusterArn"],
            "ClusterSettings": keys_raised(found.get("settings")) or _NO_INSIGHTS,
            "CapacityProviders": found.get("capacityProviders", []),
            "DefaultCapacityProviderStrategy": keys_raised(found.get("defaultCapacityProviderStrategy")),
        }
        return shown({key: value for key, value in model.items() if value}, found.get("tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        ecs = aws("ecs")
        if changed(before, after, "ClusterSettings"):
            settings = keys_lowered(after.get("ClusterSettings") or _NO_INSIGHTS)
            ecs.update_cluster(cluster=identifier, settings=settings)
        if changed(before, after, "CapacityProviders", "DefaultCapacityProviderStrategy"):
            ecs.put_cluster_capacity_providers(
                cluster=identifier,
                capacityProviders=after.get("CapacityProviders", []),
                defaultCapacityProviderStrategy=keys_lowered(after.get("DefaultCapacityProviderStrategy", [])),
            )
        change_tags(ecs, before, after, shape=as_lower_list, resourceArn=before["Arn"])

    def delete(self, aws: Loopback, identifier: str) -> None:
        if self._found(aws, identifier) is None:
            raise self.none(identifier)
        aws("ecs").delete_cluster(cluster=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        ecs = aws("ecs")
        for page in ecs.get_paginator("list_clusters").paginate():
            found = ecs.describe_clusters(clusters=page["clusterArns"])["clusters"] if page["clusterArns"] else []
            yield from (one["clusterName"] for one in found if one["status"] != "INACTIVE")
