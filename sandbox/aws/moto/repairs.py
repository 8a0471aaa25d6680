"""What moto loses or lacks: subnet groups of RDS that are changed, tags of REST APIs."""

from __future__ import annotations

from typing import Any

from moto.rds.models import RDSBackend

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


def tags_of_rest_apis(call: Call, account: str) -> Answer | None:
    """Answer what tags, untags or shows the tags of a REST API; None for any other call.

    moto knows such calls for stages only.
    """
    if call.service != "apigateway" or call.operation not in _TAG_OPERATIONS:
        return None
    kind, _, identifier = str(call.params.get("resourceArn", "")).partition("::/")[2].partition("/")
    if kind != "restapis" or "/" in identifier:
        return None
    from moto.apigateway.models import apigateway_backends  # only for those who ask

    api = apigateway_backends[account][call.region].apis.get(identifier)
    if api is None:
        raise AwsError("NotFoundException", "Invalid API identifier specified", 404)
    if call.operation == "GetTags":
        return json_answer({"tags": api.tags or {}})
    gone = set(call.params.get("tagKeys") or ())
    kept = {key: value for key, value in (api.tags or {}).items() if key not in gone}
    api.tags = kept | dict(call.params.get("tags") or {})
    return Answer(204, {}, b"")
