"""A rehearsal of opening a session: the key, the role and its trust, and Claude with the advisor's own credentials.

The checks are the gateway's own, so what they refuse here is what it would refuse. Nothing is stored or changed; Claude
is asked for a few tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from cli.doctor.finding import Finding, Findings
from cli.doctor.situation import Situation
from shared.errors import AssistantError, Unauthenticated

make = Findings("role")
claude = Findings("bedrock")

FIELDS = ("access_key_id", "secret_access_key", "session_token", "role_arn", "external_id", "region", "regions")
SECONDS = 900
# The advisor's default; an image of another service does not have its settings.
DEFAULT_CLAUDE = "global.anthropic.claude-sonnet-4-6"
_DO = {
    "credentials_invalid": "check access key id and secret; a deleted or deactivated key is refused the same way",
    "credentials_expired": "get new temporary credentials",
    "credentials_malformed": "copy the key anew: it must be as AWS showed it",
    "role_not_assumable": "name the caller in the role's trust policy, allow the caller sts:AssumeRole and "
    "sts:SetSourceIdentity on the role, and give the external id that the trust policy asks for",
    "credentials_too_broad": "use a user that may only assume the role of docs/iam, and a role with those permissions",
    "credentials_unverifiable": "give a role_arn, or let the caller read its own policies",
}


def check(situation: Situation) -> Iterator[Finding]:
    """Do what POST /v1/sessions does, up to where it would store something."""
    if not situation.session.get("access_key_id"):
        yield make.skipped(
            "no credentials of a session were given, so neither role nor Bedrock was checked",
            "name a file with the body of POST /v1/sessions with --session (a file of mode 600)",
        )
        return
    if not situation.knows_aws:
        yield make.skipped("AWS is the sandbox's, and it does not run here")
        return
    if importlib.util.find_spec("services") is None:
        yield make.skipped(
            "the gateway's own code, which rehearses a session, is not part of the installed command",
            "run ./assistant doctor in a checkout, or docker compose run --rm doctor",
        )
        return
    with _endpoints(situation):
        yield from asyncio.run(_rehearse(situation))


@contextlib.contextmanager
def _endpoints(situation: Situation) -> Iterator[None]:
    """Have boto3 in this process go where the services go, and nowhere else."""
    from shared.endpoints import forget_ambient_aws

    before = dict(os.environ)
    forget_ambient_aws()
    for name, value in (
        ("AWS_ENDPOINT_URL", situation.aws_endpoint),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", situation.bedrock_endpoint),
    ):
        os.environ.pop(name, None)
        if value:
            os.environ[name] = value
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def _rehearse(situation: Situation) -> list[Finding]:
    # The gateway's own code; an image without it can check the rest.
    from services.orchestrator.sessions import agent_credentials
    from services.orchestrator.sessions.caller_check import check_caller
    from services.orchestrator.sessions.requests import SessionRequest, check_regions, credentials_of
    from services.orchestrator.sessions.role_check import check_role
    from services.orchestrator.sessions.sts import Sts

    try:
        request = SessionRequest(**{name: situation.session[name] for name in FIELDS if situation.session.get(name)})
    except ValidationError as error:
        wrong = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors())
        return [make.failure(f"the session's fields are wrong: {wrong}", "see POST /v1/sessions in docs/api.md")]
    sts, region = Sts(), request.region
    try:
        given = credentials_of(request)
        check_regions([region, *(request.regions or [])])
        caller = await sts.caller(given, region)
        checked = await check_caller(
            sts, given, caller, region, has_role=request.role_arn is not None, unverified_allowed=False
        )
        issued = await agent_credentials.issue(
            sts, given, caller, request, f"ses_doctor{secrets.token_hex(4)}", SECONDS
        )
        notes = checked.notes
        if request.role_arn:
            notes += await check_role(
                sts, issued.credentials["info"], request.role_arn, caller, checked, region, broad_allowed=False
            )
    except AssistantError as error:
        return [make.failure(error.detail, _DO.get(error.code, "try again; the line above has AWS's own words"))]
    found = [make.ok(f"{caller.arn} may open a session{f' with {request.role_arn}' if request.role_arn else ''}")]
    found += [make.warning(note, "see docs/sessions.md") for note in notes]
    if request.role_arn is None:
        found.append(
            make.warning("without role_arn all agents hold the same credentials", "create the role of docs/iam")
        )
    elif request.external_id is None and situation.real_aws:
        found.append(
            make.warning("the role is assumed without an external id", "ask for one in its trust policy (docs/iam)")
        )
    return [*found, await asyncio.to_thread(_claude, situation, issued.credentials["advisor"], region)]


def _claude(situation: Situation, credentials: Any, region: str) -> Finding:
    """Ask Claude for one word with the advisor's credentials, under the advisor's session policy."""
    from botocore.exceptions import BotoCoreError, ClientError

    from shared.access.guard import ADVISOR
    from shared.aws.clients import ClientCache, error_code, translate

    model = situation.setting("BEDROCK_MODEL_ID") or DEFAULT_CLAUDE
    where = situation.setting("BEDROCK_REGION") or region
    request: Mapping[str, Any] = {
        "modelId": model,
        "messages": [{"role": "user", "content": [{"text": "Answer with the word yes."}]}],
        "inferenceConfig": {"maxTokens": 8},
    }
    try:
        ClientCache(ADVISOR).client(credentials, "bedrock-runtime", where).converse(**request)
    except ClientError as error:
        ours = translate(error)
        if error_code(error) in ("ResourceNotFoundException", "ValidationException"):
            return claude.failure(
                f"Bedrock in {where} does not serve {model}: {ours.detail}",
                "set BEDROCK_MODEL_ID to a model or inference profile of that region, or BEDROCK_REGION to another",
            )
        if isinstance(ours, Unauthenticated):
            return claude.failure(
                f"Bedrock does not take the advisor's credentials: {ours.detail}", "open a new session"
            )
        return claude.failure(
            f"the advisor may not use {model} in {where}: {ours.detail}",
            "enable access to the model in Bedrock's console, and allow the role bedrock:InvokeModel on it",
        )
    except BotoCoreError as error:
        return claude.failure(f"Bedrock in {where} cannot be reached: {error}", "check BEDROCK_REGION and the network")
    return claude.ok(f"Claude answers ({model} in {where})")
