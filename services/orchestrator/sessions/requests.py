"""What is given to open or renew a session, and the form that AWS's keys, secrets and regions have."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, SecretStr

from shared.credentials import Credentials
from shared.errors import InvalidArguments, Unauthenticated
from shared.messages import Message
from shared.regions import all_regions

_KEY_ID = re.compile(r"^(AKIA|ASIA)[A-Z0-9]{16}$")
_SECRET = re.compile(r"^[A-Za-z0-9/+=]{40}$")
_TOKEN = re.compile(r"^[A-Za-z0-9/+=_-]{16,8192}$")

Region = Annotated[str, Field(pattern=r"^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$", max_length=32, examples=["eu-central-1"])]


class RenewalRequest(Message):
    """The body of `POST /v1/sessions/current/renew`. A session that was opened with a role needs the same again."""

    access_key_id: SecretStr = Field(description="AKIA… (long-term) or ASIA… (temporary).")
    secret_access_key: SecretStr
    session_token: SecretStr | None = Field(default=None, description="Needed with a temporary key.")
    role_arn: str | None = Field(
        default=None, max_length=600, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$"
    )
    external_id: str | None = Field(default=None, min_length=2, max_length=1224, pattern=r"^[A-Za-z0-9_+=,.@:/-]*$")


class SessionRequest(RenewalRequest):
    """The body of `POST /v1/sessions`. `role_arn` is the recommended way, see `scoping` in the answer."""

    region: Region = Field(description="Where changes happen and regional reads start.")
    regions: list[Region] | None = Field(
        default=None, max_length=64, description="Where reads look; all that the account has enabled by default."
    )


def credentials_of(request: RenewalRequest) -> Credentials:
    """The credentials of a request. Raises Unauthenticated (`credentials_malformed`) without repeating any of them."""
    key_id = request.access_key_id.get_secret_value()
    secret = request.secret_access_key.get_secret_value()
    token = request.session_token.get_secret_value() if request.session_token else None
    temporary = key_id.startswith("ASIA")
    wrong = None
    if not _KEY_ID.match(key_id):
        wrong = "access_key_id is AKIA or ASIA and 16 capital letters or digits"
    elif not _SECRET.match(secret):
        wrong = "secret_access_key has 40 characters of A-Z, a-z, 0-9, / and +"
    elif temporary and not token:
        wrong = "a temporary key (ASIA…) needs its session_token"
    elif token and not temporary:
        wrong = "a long-term key (AKIA…) has no session_token"
    elif token and not _TOKEN.match(token):
        wrong = "session_token is not one that AWS makes"
    if wrong:
        raise Unauthenticated(wrong, code="credentials_malformed")
    return Credentials(access_key_id=key_id, secret_access_key=secret, session_token=token)


def check_regions(regions: list[str]) -> None:
    """Raise InvalidArguments (`unknown_region`) for a name that is no region of AWS."""
    unknown = sorted(set(regions) - all_regions())
    if unknown:
        raise InvalidArguments(f"not a region of AWS: {', '.join(unknown)}", code="unknown_region")
