"""The assistant's own operations, as the resources that CloudFormation has for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from services.orchestrator.plans.cloudformation.resources import merge, target
from services.orchestrator.plans.cloudformation.template import (
    Made,
    Properties,
    Resource,
    Template,
    attribute,
    in_region,
    ref,
)
from shared.plans.step import Step
from shared.resource_types.catalogue import resource_type

_BUCKET, _ROLE, _FUNCTION = "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::Lambda::Function"
# What is packed where no package is given, as far as CloudFormation takes code in a template: a file named "index".
_INLINE: Mapping[str, str] = {
    "python": 'def {function}(event, context):\n    return {{"statusCode": 200, "body": "Hello from AWS Lambda"}}\n',
    "nodejs": 'exports.{function} = async (event) => ({{ statusCode: 200, body: "Hello from AWS Lambda" }});\n',
}


def create_bucket(template: Template, step: Step, values: Properties) -> None:
    resource = _resource(template, step, _BUCKET, {"BucketName": values["bucket_name"]})
    _made(template, resource, {"bucket_name": ref(resource), "arn": attribute(resource, "Arn")}, values)


def create_role(template: Template, step: Step, values: Properties) -> None:
    properties: Properties = {
        "RoleName": values["name"],
        "AssumeRolePolicyDocument": _document(values["policy_document"]),
    }
    if values.get("description"):
        properties["Description"] = values["description"]
    if values.get("permissions") is not None:
        inline: JsonValue = {
            "PolicyName": f"{values['name']}-permissions",
            "PolicyDocument": _document(values["permissions"]),
        }
        properties["Policies"] = [inline]
    resource = _resource(template, step, _ROLE, properties)
    fields = {
        "role_name": ref(resource),
        "arn": attribute(resource, "Arn"),
        "role_id": attribute(resource, "RoleId"),
    }
    _made(template, resource, fields, values)


def create_function(template: Template, step: Step, values: Properties) -> None:
    resource = _resource(
        template,
        step,
        _FUNCTION,
        {
            "FunctionName": values["function_name"],
            "Runtime": values["runtime"],
            "Handler": values["handler"],
            "Role": values["role_arn"],
        },
    )
    resource.properties["Code"] = _code(template, resource, values)
    fields = {"function_name": ref(resource), "function_arn": attribute(resource, "Arn")}
    _made(template, resource, fields, values)


def attach_policy(template: Template, step: Step, values: Properties, raw: Properties) -> None:
    """`assign_policy_to_role`: a property of the role, where the plan makes that."""
    made = target(template, raw.get("role_name"), _ROLE)
    if made is None:
        template.note(step.id, "it attaches a policy to a role that the plan did not make: import the role first.")
        return
    attached = made.resource.properties.get("ManagedPolicyArns")
    made.resource.properties["ManagedPolicyArns"] = [
        *(attached if isinstance(attached, list) else []),
        values["policy_arn"],
    ]
    template.made[step.id] = made


def tag(template: Template, step: Step, values: Properties, raw: Properties) -> None:
    """`tag_resource`: tags of the resource, where the plan makes that."""
    made = _by_arn(template, raw.get("resource_arn"))
    tagging = resource_type(made.resource.type_name).tagging if made else None
    if made is None or tagging is None:
        template.note(step.id, "it tags a resource that the plan did not make: import that first.")
        return
    tags = values.get("tags")
    given = {str(one["key"]): one["value"] for one in (tags if isinstance(tags, list) else []) if isinstance(one, dict)}
    had = made.resource.properties.get(tagging.property)
    if tagging.shape == "map":
        made.resource.properties[tagging.property] = merge(had, given)
        return
    kept = [one for one in (had if isinstance(had, list) else []) if _key(one, tagging.key_name) not in given]
    made.resource.properties[tagging.property] = [
        *kept,
        *({tagging.key_name: key, tagging.value_name: value} for key, value in given.items()),
    ]


CREATE: Mapping[str, Callable[[Template, Step, Properties], None]] = {
    "create_s3_bucket": create_bucket,
    "create_iam_role": create_role,
    "create_lambda_function": create_function,
}
CHANGE: Mapping[str, Callable[[Template, Step, Properties, Properties], None]] = {
    "assign_policy_to_role": attach_policy,
    "tag_resource": tag,
}


def _resource(template: Template, step: Step, type_name: str, properties: Properties) -> Resource:
    resource = Resource(
        logical_id=template.logical_id(type_name.rpartition("::")[2], step.id),
        type_name=type_name,
        properties=properties,
        step=step.id,
        holds_data=resource_type(type_name).holds_data,
        needs=step.needs,
    )
    template.add(resource)
    return resource


def _made(template: Template, resource: Resource, fields: Properties, values: Properties) -> None:
    """Other fields of the result are as the arguments say."""
    known = {"region": in_region(), **{name: value for name, value in values.items() if name != "region"}, **fields}
    template.made[resource.step] = Made(resource, lambda path: known.get(path[0]) if len(path) == 1 else None)


def _code(template: Template, resource: Resource, values: Properties) -> JsonValue:
    source, handler, runtime = values.get("zip_file_path"), str(values["handler"]), str(values["runtime"])
    if isinstance(source, str) and source.startswith("s3://"):
        bucket, _, key = source.removeprefix("s3://").partition("/")
        return {"S3Bucket": bucket, "S3Key": key}
    language = next((name for name in _INLINE if runtime.startswith(name)), None)
    file, _, function = handler.rpartition(".")
    if source is None and language and file == "index":
        return {"ZipFile": _INLINE[language].format(function=function)}
    template.note(resource.step, "the function's code is not in the template: put it into S3 and name it on deploying.")
    return {
        "S3Bucket": template.parameter(f"{resource.logical_id} CodeBucket", "The bucket with the function's code."),
        "S3Key": template.parameter(f"{resource.logical_id} CodeKey", "The key of the function's code, a zip."),
    }


def _document(source: JsonValue) -> JsonValue:
    """A policy as an object; as it is where it is none yet."""
    if not isinstance(source, str):
        return source
    try:
        found: JsonValue = json.loads(source)
    except ValueError:
        return source
    return found


def _by_arn(template: Template, raw: JsonValue) -> Made | None:
    if isinstance(raw, dict):
        return template.of_reference(raw)
    ends = {_BUCKET: ":::{}", _ROLE: ":role/{}", _FUNCTION: ":function:{}"}
    names = {_BUCKET: "BucketName", _ROLE: "RoleName", _FUNCTION: "FunctionName"}
    for made in template.made.values():
        kind = made.resource.type_name
        if kind in ends and str(raw).endswith(ends[kind].format(made.resource.properties.get(names[kind]))):
            return made
    return None


def _key(tag: JsonValue, name: str) -> str:
    return str(tag.get(name)) if isinstance(tag, dict) else ""
