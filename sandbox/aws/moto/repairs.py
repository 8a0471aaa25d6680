"""What moto loses or lacks: changed subnet groups and metric filters, tags of REST APIs, errors of some deletes."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.metric_filters import MetricFilters
from moto.rds.models import RDSBackend

from sandbox.aws.moto.missing import answered
from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer, AwsError, json_answer

_TAG_OPERATIONS = frozenset({"TagResource", "UntagResource", "GetTags"})


def apply_repairs() -> None:
    """Patch moto."""
    modify = RDSBackend.modify_db_subnet_group

    def modified(self: RDSBackend, subnet_name: str, description: str, subnets: Any) -> Any:
        group = modify(self, subnet_name, description, subnets)
        self.subnet_groups[subnet_name] = group  # moto takes it out and forgets it
        return group

    setattr(RDSBackend, "modify_db_subnet_group", modified)  # noqa: B010  # a patch, not a member
    add = MetricFilters.add_filter

    def put(self: MetricFilters, filter_name: str, pattern: str, group: str, transformations: Any) -> None:
        same = (filter_name, group)  # moto keeps both where one of the name is put again
        self.metric_filters = [one for one in self.metric_filters if (one["filterName"], one["logGroupName"]) != same]
        add(self, filter_name, pattern, group, transformations)

    delete = MetricFilters.delete_filter

    def deleted(self: MetricFilters, filter_name: str | None = None, log_group_name: str | None = None) -> Any:
        if not any(one["filterName"] == filter_name for one in self.get_matching_filters(None, log_group_name)):
            raise ResourceNotFoundException("The specified metric filter does not exist.")
        return delete(self, filter_name, log_group_name)

    setattr(MetricFilters, "add_filter", put)  # noqa: B010  # a patch, not a member
    setattr(MetricFilters, "delete_filter", deleted)  # noqa: B010  # a patch, not a member


def repaired(call: Call, account: str) -> Answer | None:
    """Answer, or refuse, a call that moto would answer unlike AWS; None for any other."""
    if call.service == "cloudtrail" and call.operation == "DeleteTrail":
        _refuse_unknown_trail(call, account)
    if call.service != "apigateway":
        return answered(call, account)
    if call.operation == "DeleteRestApi":
        _rest_api(call, account, str(call.params.get("restapi_id") or call.params.get("restApiId")))
    return _tags_of_rest_apis(call, account) if call.operation in _TAG_OPERATIONS else None


def _refuse_unknown_trail(call: Call, account: str) -> None:
    from moto.cloudtrail.models import cloudtrail_backends  # only for those who ask

    name = str(call.params.get("Name", "")).rpartition("/")[2]
    if name not in cloudtrail_backends[account][call.region].trails:
        raise AwsError("TrailNotFoundException", f"Unknown trail: {name} for the user: {account}")


def _rest_api(call: Call, account: str, identifier: str) -> Any:
    from moto.apigateway.models import apigateway_backends  # only for those who ask

    api = apigateway_backends[account][call.region].apis.get(identifier)
    if api is None:
        raise AwsError("NotFoundException", "Invalid API identifier specified", 404)
    return api


def _tags_of_rest_apis(call: Call, account: str) -> Answer | None:
    """moto knows such calls for stages only."""
    kind, _, identifier = str(call.params.get("resourceArn", "")).partition("::/")[2].partition("/")
    if kind != "restapis" or "/" in identifier:
        return None
    api = _rest_api(call, account, identifier)
    if call.operation == "GetTags":
        return json_answer({"tags": api.tags or {}})
    gone = set(call.params.get("tagKeys") or ())
    kept = {key: value for key, value in (api.tags or {}).items() if key not in gone}
    api.tags = kept | dict(call.params.get("tags") or {})
    return Answer(204, {}, b"")
