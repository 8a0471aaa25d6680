"""`assistant login`: opens a session with keys of AWS, which are sent once and kept nowhere."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.errors import CliError, Usage
from cli.login import credentials
from cli.login.tokens import Login
from cli.options import Address, CaFile, Json, PlainHttp, invocation_of
from cli.terminal.invocation import Invocation
from cli.terminal.text import line


def add(app: typer.Typer) -> None:
    app.command()(login)


def login(
    context: typer.Context,
    profile: Annotated[str | None, typer.Option("--profile", "-p", help="A profile of the AWS configuration.")] = None,
    environment: Annotated[bool, typer.Option("--environment", help="AWS_ACCESS_KEY_ID … alone.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Type the keys; secrets are not shown.")] = False,
    session: Annotated[
        str | None, typer.Option("--session", metavar="FILE", help="The body of POST /v1/sessions; - for a pipe.")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The sandbox that `make up` runs here.")] = False,
    directory: Annotated[Path, typer.Option("--directory", help="Where `make up` keeps its state.")] = Path(".local"),
    role_arn: Annotated[
        str | None,
        typer.Option(
            "--role-arn", envvar="ASSISTANT_ROLE_ARN", help="The role that the assistant assumes (recommended)."
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", envvar="ASSISTANT_EXTERNAL_ID", help="Of the role's trust policy.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Where changes happen and reads start.")] = None,
    regions: Annotated[
        list[str] | None,
        typer.Option("--search", metavar="REGION", help="Where reads look; several times. All by default."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="[NAME=]ROLE_ARN", help="A further account, by its role; several times."),
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option("--organization", metavar="ROLE", help="All accounts of the organization, by this role."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="SERVICE", help="A fence: these services alone; several times."),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="A fence: nothing can be changed.")] = False,
    address: Address = None,
    ca_file: CaFile = None,
    plain_http: PlainHttp = False,
    json: Json = False,
) -> None:
    """Open a session. Without options the keys are those that the AWS CLI would use, or they are asked for.

    The keys go to the gateway once and are kept nowhere; the session's token is kept in the system's keyring, or in a
    file that only you can read.
    """
    invocation = invocation_of(context)
    if sum(map(bool, (profile, environment, ask, session, sandbox))) > 1:
        raise Usage("--profile, --environment, --ask, --session and --sandbox exclude each other")
    target = invocation.gateway_address()
    if sandbox:
        found, body = credentials.of_sandbox(directory)
        target = invocation.address or found
    elif session:
        body = credentials.from_file(session)
    else:
        keys = _keys(invocation, profile, environment=environment, ask=ask)
        invocation.say(f"keys from {keys.found}")
        body = keys.as_body() | {"region": keys.region}
    given: dict[str, Any] = {"role_arn": role_arn, "external_id": external_id, "region": region, "regions": regions}
    given["accounts"] = [_account(text, external_id) for text in account or ()]
    given["organization"] = {"role_name": organization, "external_id": external_id} if organization else None
    given["fences"] = {"read_only": read_only or None, "services": only}
    body |= {name: kept for name, value in given.items() if (kept := _without_empty(value))}
    body = {name: value for name, value in body.items() if value}
    if "region" not in body:
        body["region"] = _ask_region()
    _open(invocation, target, body)


def _without_empty(value: Any) -> Any:
    """The value without the fields that nobody gave."""
    return {name: one for name, one in value.items() if one} if isinstance(value, dict) else value


def _account(text: str, external_id: str | None) -> dict[str, str]:
    """A further account as it was typed. A role's ARN has no `=` before its first colon."""
    name, equals, role_arn = text.partition("=") if "=" in text.partition(":")[0] else ("", "", text)
    named = {"name": name} if equals else {}
    return {"role_arn": role_arn, **named, **({"external_id": external_id} if external_id else {})}


def _keys(invocation: Invocation, profile: str | None, *, environment: bool, ask: bool) -> credentials.Keys:
    """Keys from where the options say; without any from where the AWS CLI has them, else typed."""
    if environment:
        return credentials.from_environment()
    if ask:
        return credentials.asked()
    try:
        return credentials.from_botocore(profile, interactive=sys.stdin.isatty())
    except CliError:
        if profile or os.environ.get("AWS_PROFILE") or not invocation.interactive:
            raise
        invocation.say("the AWS configuration has no keys")
        return credentials.asked()


def _ask_region() -> str:
    if not sys.stdin.isatty():
        raise Usage("no region is named", do="Add --region, or set AWS_REGION.")
    return input("Region: ").strip()


def _open(invocation: Invocation, target: str, body: dict[str, Any]) -> None:
    """Open the session, keep its token, end the one that was kept before."""
    gateway = invocation.connect(target, None)
    opened = gateway.post("/v1/sessions", body, once=False, again=False)
    token = opened.pop("token")
    before = invocation.tokens.find(gateway.address)
    names = Login.__dataclass_fields__.keys() & opened.keys()
    kept = Login(gateway=gateway.address, plain_http=invocation.plain_http, **{name: opened[name] for name in names})
    place = invocation.tokens.keep(kept, token)
    if before:
        with suppress(CliError):
            invocation.connect(gateway.address, before[1]).delete("/v1/sessions/current")

    def tell() -> None:
        tell_session(invocation, gateway.address, opened)
        invocation.say(f"the token is kept in {'the keyring' if place == 'keyring' else place}")

    invocation.give(opened | {"gateway": gateway.address, "token_in": place}, tell)


def tell_session(invocation: Invocation, address: str, session: dict[str, Any]) -> None:
    """The session in lines: whose account, as whom, where, until when, and what its agents are held to."""
    sandbox = bool(session.get("sandbox"))
    world = "the sandbox: no real AWS account is read or changed" if sandbox else "REAL AWS"
    invocation.out.print(line(("AWS".ljust(9), "bold"), (world, "" if sandbox else "bold red")))
    regions, scoping = session.get("regions") or [], session.get("scoping") or {}
    fences = [session.get("fences") or {}, session.get("operator_fences") or {}]
    invocation.facts(
        [
            ("account", session.get("account")),
            ("as", session.get("caller_arn")),
            ("region", f"{session.get('region')} (reads look into {len(regions)})"),
            ("scoping", scoping.get("mode")),
            ("advice", scoping.get("recommendation")),
            *(("also", _account_words(one)) for one in (session.get("accounts") or [])[1:]),
            ("fences", "; ".join(words for one in fences if (words := _fence_words(one)))),
            ("until", session.get("expires_at")),
            ("gateway", address),
        ]
    )


def _account_words(account: dict[str, Any]) -> str:
    """A further account in words: its name, and why it cannot be used where it cannot."""
    named = f"{account['account']} ({account['name']})" if account.get("name") else str(account["account"])
    return named if account.get("state") == "ready" else f"{named}: {account.get('reason') or account.get('state')}"


def _fence_words(fences: dict[str, Any]) -> str:
    """What the fences leave, in words."""
    only = [f"{kind}: {', '.join(fences[kind])}" for kind in ("services", "operations", "regions") if fences.get(kind)]
    return "; ".join([*(["nothing can be changed"] if fences.get("read_only") else []), *only])
