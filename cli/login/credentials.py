"""Keys of AWS to open a session with, from where people have them; they are sent once and kept nowhere.

botocore knows all the places: the environment, profiles with keys, a role, SSO or a `credential_process`, and their
caches. What it would ask a person (an MFA code) it asks at a terminal alone.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import CliError, Usage

MAX_FILE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """A key of AWS. `region` is the one of where it was found, `found` says where that was."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    region: str | None = None
    found: str = ""

    def as_body(self) -> dict[str, Any]:
        """What `POST /v1/sessions` takes of it."""
        named = {name: getattr(self, name) for name in ("access_key_id", "secret_access_key", "session_token")}
        return {name: value for name, value in named.items() if value}


def from_botocore(profile: str | None, *, interactive: bool) -> Keys:
    """The keys of a profile, or those that the AWS CLI would use. Raises CliError where there are none, and why."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    try:
        session = Session(profile=profile)
        # A machine outside of EC2 has nobody to ask there.
        session.set_config_variable("metadata_service_num_attempts", 1)
        if os.environ.get("AWS_REGION"):  # as the AWS CLI and other SDKs; botocore alone does not look at it
            session.set_config_variable("region", os.environ["AWS_REGION"])
        scoped = session.get_scoped_config()
        if scoped.get("mfa_serial") and not interactive:
            raise Usage("the profile asks for an MFA code, and there is no terminal to ask at")
        credentials = session.get_credentials()
        region = session.get_config_variable("region")
        if credentials is None:
            where = f"the profile {profile}" if profile else "the environment and the AWS configuration"
            raise CliError(
                f"there are no keys of AWS in {where}", code="no_credentials", do="Name a --profile, or --ask."
            )
        frozen = credentials.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        raise _why(error, profile) from None
    return Keys(frozen.access_key, frozen.secret_key, frozen.token, region, _place(credentials.method, profile))


def from_environment() -> Keys:
    """The keys of `AWS_ACCESS_KEY_ID` and its companions. Raises Usage."""
    keys = [os.environ.get(f"AWS_{name}") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
    if not keys[0] or not keys[1]:
        raise Usage("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set", code="no_credentials")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Keys(keys[0], keys[1], keys[2] or None, region, "the environment")


def asked() -> Keys:
    """Keys that a person types; what is secret is not shown. Raises Usage where there is no terminal."""
    if not sys.stdin.isatty():
        raise Usage("there is no terminal to ask for keys at", do="Use --profile, --environment or --session FILE.")
    key_id = input("Access key ID: ").strip()
    secret = getpass.getpass("Secret access key (not shown): ").strip()
    token = getpass.getpass("Session token (not shown): ").strip() if key_id.startswith("ASIA") else None
    return Keys(key_id, secret, token or None, None, "typed")


def from_file(name: str) -> dict[str, Any]:
    """The body of `POST /v1/sessions` in a file, `-` for standard input. Raises Usage."""
    try:
        text = sys.stdin.read(MAX_FILE_BYTES) if name == "-" else Path(name).read_text("utf-8")
        body = json.loads(text)
    except (OSError, ValueError) as error:
        raise Usage(f"{name} cannot be read as JSON: {error}") from None
    if not isinstance(body, dict) or "access_key_id" not in body:
        raise Usage(f"{name} is no body of POST /v1/sessions: it has no access_key_id")
    return body


def of_sandbox(directory: Path) -> tuple[str, dict[str, Any]]:
    """Address and user of the sandbox that `make up` has started here. Raises Usage."""
    try:
        body: dict[str, Any] = json.loads((directory / "session.json").read_text("utf-8"))
        facts: Mapping[str, Any] = json.loads((directory / "sandbox.json").read_text("utf-8"))
        return str(facts["gateway"]), body
    except FileNotFoundError:
        raise Usage(
            f"no sandbox runs in {directory}",
            do="Start one with `make up` (or `assistant up`) and log in from the same folder, or name its --directory.",
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise Usage(f"what `make up` wrote in {directory} cannot be read: {error}") from None


def _place(method: str, profile: str | None) -> str:
    named = {
        "env": "the environment",
        "sso": "the SSO cache",
        "custom-process": "credential_process",
        "assume-role": "a role of the AWS configuration",
        "shared-credentials-file": "the AWS credentials file",
        "config-file": "the AWS configuration",
        "iam-role": "this machine's role",
        "container-role": "this container's role",
    }
    place = named.get(method, method)
    return f"{place} (profile {profile})" if profile else place


def _why(error: Exception, profile: str | None) -> CliError:
    """What botocore could not do, with what to do about it."""
    kind, name = type(error).__name__, f" --profile {profile}" if profile else ""
    do = "Look at ~/.aws/config, and try `aws sts get-caller-identity` with the same profile."
    if "SSO" in kind or "Token" in kind:
        do = f"Log in to SSO first: aws sso login{name}"
    elif kind == "NoRegionError":
        do = "Set the profile's `region`, or AWS_REGION: a role is assumed in a region."
    elif kind == "ProfileNotFound":
        do = "`aws configure list-profiles` lists yours."
    return CliError(f"AWS's configuration gives no keys: {error}", do=do, code="no_credentials")
