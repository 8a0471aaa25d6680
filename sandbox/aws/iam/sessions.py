"""Temporary credentials: handed out by STS, found again by access key, refused when expired or altered."""

import secrets
from base64 import b32encode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sandbox.aws.iam.accounts import Accounts
from sandbox.aws.iam.principals import Principal, TemporaryCredentials
from sandbox.aws.protocol.errors import AwsError


def new_access_key_id(prefix: str) -> str:
    """A well-formed access key id: `AKIA…` (long-term) or `ASIA…` (temporary), 20 characters."""
    return (prefix + b32encode(secrets.token_bytes(10)).decode())[:20]


def new_secret() -> str:
    """A well-formed secret access key: 40 characters."""
    return b64encode(secrets.token_bytes(30)).decode()


class Sessions:
    """Every temporary credential set of the accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._by_key: dict[str, Principal] = {}

    def open(
        self,
        principal: Principal,
        origin: Literal["AssumeRole", "GetSessionToken", "GetFederationToken"],
        seconds: int,
        *,
        session_policies: tuple[str, ...] | None = None,
        source_identity: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> TemporaryCredentials:
        """Hand out credentials that act as `principal` for some seconds."""
        now = datetime.now(UTC)
        credentials = TemporaryCredentials(
            access_key_id=new_access_key_id("ASIA"),
            secret_access_key=new_secret(),
            session_token=secrets.token_urlsafe(160),
            expiration=now + timedelta(seconds=seconds),
            issued_at=now,
            origin=origin,
            session_policies=session_policies,
            source_identity=source_identity,
            tags=dict(tags or {}),
        )
        self._by_key[credentials.access_key_id] = replace(
            principal,
            access_key_id=credentials.access_key_id,
            secret_access_key=credentials.secret_access_key,
            temporary=credentials,
        )
        return credentials

    def unexpired(self) -> dict[str, Principal]:
        """What is still valid, by access key."""
        now = datetime.now(UTC)
        return {key: held for key, held in self._by_key.items() if held.temporary and held.temporary.expiration > now}

    def load(self, sessions: Mapping[str, Principal]) -> None:
        """Take up what an earlier process handed out."""
        self._by_key.update(sessions)

    def caller(self, access_key_id: str, session_token: str | None) -> Principal:
        """The principal behind an access key.

        Raises InvalidClientTokenId (unknown key, missing token), InvalidToken (wrong token), ExpiredToken.
        """
        invalid = AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        principal = self._by_key.get(access_key_id)
        if principal is None or principal.temporary is None:
            principal = self._accounts.first.by_long_term_key(access_key_id)
            if principal is None:
                raise invalid
            if session_token:
                raise AwsError("InvalidToken", invalid.message, 403)
            return principal
        if not session_token:
            raise invalid
        if not secrets.compare_digest(session_token, principal.temporary.session_token):
            raise AwsError("InvalidToken", invalid.message, 403)
        if datetime.now(UTC) >= principal.temporary.expiration:
            raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
        if principal.kind == "role" and self._accounts.of(principal).identities.role(principal.identity_arn) is None:
            raise invalid  # the role was deleted under the session
        return principal


def credentials_answer(credentials: TemporaryCredentials) -> dict[str, Any]:
    """The Credentials structure of STS answers."""
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expiration,
    }
