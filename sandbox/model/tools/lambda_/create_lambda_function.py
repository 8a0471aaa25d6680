"""`create_lambda_function`: a function with the role it has been given, or with a new role of its own."""

from sandbox.model.declaration import Draft, Operation, Resource, listed
from sandbox.model.types import JsonObject

FUNCTION = Resource(
    "function",
    noun="Lambda function",
    name_key="function_name",
    words="lambda, lambdas, function, functions, serverless, faas, fn, lambda function, lambda functions, "
    "serverless function, serverless functions, cloud functions, cloud function, serverless code, "
    "serverless workloads, serverless apps",
    order=40,
    hints=("lambda", "function", "-fn"),
)
_BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_TRUSTED = "lambda.amazonaws.com"
_RUNTIME = "python3.12"
_HANDLERS = {
    "python": "lambda_function.lambda_handler",
    "nodejs": "index.handler",
    "java": "example.Handler::handleRequest",
    "ruby": "lambda_function.lambda_handler",
    "dotnet": "Function::Function.Handler::FunctionHandler",
}
_PACKAGED = {
    "minimal": "; its code is a minimal handler that was packed, as no package was given",
    "uploaded": "; its code is the uploaded package",
    "s3": "; its code comes from S3",
}


def _prepare(draft: Draft) -> None:
    """Look up the role that exists, or ask for a new one with what a function needs at least."""
    request = draft.request
    if (request.existing_role or request.existing_role_arn) and not request.roles and _find_role(draft):
        return
    if _BASIC_EXECUTION not in request.policies and not (request.roles and request.policies):
        request.policies.append(_BASIC_EXECUTION)
    if not request.roles:
        request.roles.append(f"{draft.names('function')[0][:59]}-role")
    if _TRUSTED not in request.trusted:
        request.trusted.insert(0, _TRUSTED)


def _find_role(draft: Draft) -> bool:
    """Find the ARN of the role that is named; False when it has to be made."""
    request, name = draft.request, draft.request.existing_role
    if request.existing_role_arn:
        return True
    described = draft.outcome("describe_iam_role", "role_name", name)
    if described is None:
        return True
    if described.ok and described.result.get("arn"):
        request.existing_role_arn = str(described.result["arn"])
    elif request.policies and described.error.get("code") in ("not_found", "role_not_found", "NoSuchEntity"):
        # "With the role x, full S3 access": whoever says what it may do wants it made.
        request.roles.append(name)
        return False
    else:
        detail = described.error.get("detail") or "it could not be read"
        draft.say = f"I did not propose a function, because I could not use the role {name}: {detail}"
    return True


def _draw(draft: Draft, names: list[str]) -> None:
    request = draft.request
    runtime = request.runtime or _RUNTIME
    family = "".join(letter for letter in runtime.split(".")[0] if letter.isalpha())
    new_role = [step.id for step in draft.steps if step.operation in ("create_iam_role", "assign_policy_to_role")]
    for name in names:
        arguments: JsonObject = {
            "function_name": name,
            "runtime": runtime,
            "handler": request.handler or _HANDLERS.get(family, "index.handler"),
            "role_arn": {"$from": "role.arn"} if request.roles else request.existing_role_arn,
        }
        arguments |= {"zip_file_path": request.package} if request.package else {}
        arguments |= {"region": draft.region} if draft.region else {}
        draft.add("function", TOOL.name, arguments, tuple(new_role) if request.roles else ())
    existing = request.existing_role or request.existing_role_arn
    role = " using that role" if request.roles else f" with the existing role {existing}"
    draft.goals.append(listed(FUNCTION.noun, names) + role)


def _done(known: JsonObject) -> str:
    region = f" in {known['region']}" if known.get("region") else ""
    arn = known.get("function_arn") or known.get("arn")
    labels = (("runtime", "runtime"), ("handler", "handler"), ("role_arn", "running as"))
    parts = [f", {label} {known[key]}" for key, label in labels if isinstance(known.get(key), str)]
    parts.append(_PACKAGED.get(str(known.get("packaged")), ""))
    name = f"Created the Lambda function {known.get('function_name')}{region}"
    return name + (f" ({arn})" if arn else "") + "".join(parts)


TOOL = Operation(
    "create_lambda_function",
    "create",
    FUNCTION,
    takes=("function_name", "runtime", "handler", "role_arn", "zip_file_path", "region"),
    inverse="delete_lambda_function",
    prepare=_prepare,
    draw=_draw,
    done=_done,
)
