"""One call of Bedrock's Converse: retried where botocore does not, adapted to the model, its errors in clear text."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from services.bedrock_advisor.context import AdvisorContext
from shared.aws.clients import error_code, translate
from shared.errors import AssistantError, AwsError, DeadlineExceeded, Forbidden

# botocore's retries leave out 408 and 424, and these two are worth one more try.
_RETRIED = {"ModelTimeoutException", "ModelErrorException"}
# A retry is only worth it with this many seconds left.
_MIN_SECONDS = 3.0

# What a model refused once in this process, by model id: Claude Opus 4.7 and later take no temperature, and some
# later models no forced tool. Asking the model beats a list of models, which the next release makes wrong.
_REFUSED: set[tuple[str, str]] = set()


def converse(context: AdvisorContext, request: dict[str, Any], until: float) -> dict[str, Any]:
    """Call Converse and return its response. `until` is Unix seconds. Raises AssistantError."""
    model = str(request["modelId"])
    retried = False
    while True:
        fitted = adapted(request)
        try:
            response: dict[str, Any] = context.bedrock().converse(**fitted)
            return response
        except ClientError as error:
            refused = refused_parameter(error, fitted)
            if refused:
                _REFUSED.add((model, refused))
            elif error_code(error) not in _RETRIED or retried or until - time.time() < _MIN_SECONDS:
                raise explained(error, context) from error
            else:
                retried = True
        except ReadTimeoutError as error:
            raise DeadlineExceeded("Claude did not answer in time", code="claude_timeout") from error
        except BotoCoreError as error:
            raise translate(error) from error


def adapted(request: dict[str, Any]) -> dict[str, Any]:
    """The request without what this model is known to refuse."""
    model = str(request["modelId"])
    fitted = dict(request)
    if (model, "temperature") in _REFUSED:
        fitted["inferenceConfig"] = {k: v for k, v in request["inferenceConfig"].items() if k != "temperature"}
    if (model, "toolChoice") in _REFUSED:
        fitted["toolConfig"] = {**request["toolConfig"], "toolChoice": {"auto": {}}}
    return fitted


def refused_parameter(error: ClientError, sent: dict[str, Any]) -> str | None:
    """The parameter that a ValidationException says the model does not take, if it was sent and can be left out."""
    if error_code(error) != "ValidationException":
        return None
    text = str(error.response.get("Error", {}).get("Message", "")).casefold().replace("_", "").replace(" ", "")
    if "temperature" in text and "temperature" in sent["inferenceConfig"]:
        return "temperature"
    if ("toolchoice" in text or "forcedtool" in text) and "auto" not in sent["toolConfig"]["toolChoice"]:
        return "toolChoice"
    return None


def explained(error: ClientError, context: AdvisorContext) -> AssistantError:
    """A Bedrock error with what to do about it."""
    code, found = error_code(error), translate(error)
    model, region = context.settings.bedrock_model_id, context.region
    if isinstance(found, Forbidden):
        return Forbidden(
            f"the session may not use Claude ({model} in {region}). Allow bedrock:InvokeModel on the model and its "
            f"inference profile, and enable access to the model in Bedrock. {found.detail}",
            code="bedrock_access_denied",
        )
    if found.code == "credentials_invalid":
        # Bedrock alone says so: where it is of another partition, or a region is not enabled, others accept them.
        return AwsError(
            f"Bedrock in {region} refuses the session's credentials, which other services may accept: set"
            f" BEDROCK_REGION to a region that the account has enabled. {found.detail}",
            code="service_refuses_credentials",
        )
    unknown = any(hint in found.detail.casefold() for hint in ("model identifier", "on-demand throughput"))
    if code == "ResourceNotFoundException" or (code == "ValidationException" and unknown):
        return AwsError(
            f"Bedrock in {region} does not serve {model}: set BEDROCK_MODEL_ID to a model or inference profile of "
            f"that region, or BEDROCK_REGION to a region that has it. {found.detail}",
            code="bedrock_model_not_found",
        )
    if code == "ThrottlingException":
        return AwsError(f"Bedrock throttled the request: {found.detail}", code="aws_throttled", retryable=True)
    if code in _RETRIED:
        return AwsError(f"Claude failed on Bedrock: {found.detail}", code=found.code, retryable=True)
    return found
