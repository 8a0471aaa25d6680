"""What is given to open or renew a session, and the form that AWS's keys, secrets and regions have."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from services.orchestrator.http.bodies import RequestBody
from shared.aws.regions import all_regions
from shared.errors import InvalidArguments, Unauthenticated
from shared.messages import Message
from shared.sessions.accounts import MAX_ACCOUNTS
from shared.sessions.credentials import Credentials
from shared.sessions.fences import Fences

_KEY_ID = re.compile(r"^(AKIA|ASIA)[A-Z0-9]{16}$")
_SECRET = re.compile(r"^[A-Za-z0-9/+=]{40}$")
_TOKEN = re.compile(r"^[A-Za-z0-9/+=_-]{16,8192}$")

Region = Annotated[str, Field(pattern=r"^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$", max_length=32, examples=["eu-central-1"])]
RoleArn = Annotated[str, Field(max_length=600, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$")]
ExternalId = Annotated[str, Field(min_length=2, max_length=1224, pattern=r"^[A-Za-z0-9_+=,.@:/-]*$")]
AccountName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AccountRequest(Message):
    """One of a session's accounts: the account of the role that is assumed in it."""

    role_arn: RoleArn
    external_id: ExternalId | None = None
    name: AccountName | None = Field(default=None, description="To name it by in questions, as `prod`.")


class OrganizationRequest(Message):
    """The accounts of the caller's organization, each by the role of this name."""

    role_name: str = Field(
        max_length=512,
        # With its path, as in the role's ARN.
        pattern=r"^/?[A-Za-z0-9_+=,.@-][A-Za-z0-9_+=,.@/-]*$",
        description="The role to assume in every account; Organizations' own OrganizationAccountAccessRole is an "
        "administrator and refused.",
    )
    external_id: ExternalId | None = None


class RenewalRequest(RequestBody):
    """The body of `POST /v1/sessions/current/renew`. A session that has a role, or accounts, needs the same again."""

    access_key_id: SecretStr = Field(description="AKIA… (long-term) or ASIA… (temporary).")
    secret_access_key: SecretStr
    session_token: SecretStr | None = Field(default=None, description="Needed with a temporary key.")
    role_arn: RoleArn | None = None
    external_id: ExternalId | None = None
    accounts: list[AccountRequest] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_ACCOUNTS,
        description="Further accounts of the session, each with the role to assume in it. Without `role_arn` the first "
        "of them that can be used is the session's own.",
    )
    organization: OrganizationRequest | None = Field(
        default=None,
        description="Find the accounts in AWS Organizations instead, where the caller may list them.",
    )

    @model_validator(mode="after")
    def _accounts_once(self) -> Self:
        if self.accounts and self.organization:
            raise ValueError("accounts and organization: give one of them")
        return self

    @property
    def names_accounts(self) -> bool:
        """Whether the session is to hold several accounts."""
        return bool(self.accounts or self.organization)


class SessionRequest(RenewalRequest):
    """The body of `POST /v1/sessions`. `role_arn` is the recommended way, see `scoping` in the answer."""

    region: Region = Field(description="Where changes happen and regional reads start.")
    regions: list[Region] | None = Field(
        default=None, max_length=64, description="Where reads look; all that the account has enabled by default."
    )
    fences: Fences | None = Field(
        default=None,
        description="What the session may use at all, whatever it is asked: services, operations, regions, accounts, "
        "and whether it may change anything.",
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
