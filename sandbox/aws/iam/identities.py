"""The account's identities, read from moto's IAM: access keys, policies, boundaries and roles."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import Group, IAMBackend, Role, User, iam_backends

from sandbox.aws.iam.principals import Principal
from sandbox.aws.moto.speed import role_named


class Identities:
    """Look-ups in the account's IAM, always from its current state."""

    def __init__(self, account: str, root_keys: tuple[str, str] | None = None) -> None:
        self.account = account
        self._root_keys = root_keys

    @property
    def iam(self) -> IAMBackend:
        """moto's IAM backend of the account."""
        return iam_backends[self.account]["aws"]

    def by_long_term_key(self, access_key_id: str) -> Principal | None:
        """The user (or root) that owns an active access key."""
        if self._root_keys and access_key_id == self._root_keys[0]:
            arn = f"arn:aws:iam::{self.account}:root"
            return Principal("root", self.account, "root", arn, arn, self.account, *self._root_keys)
        for user in list(self.iam.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    return Principal(
                        "user", self.account, user.name, user.arn, user.arn, user.id,
                        access_key_id, key.secret_access_key,
                    )  # fmt: skip
        return None

    def role(self, name_or_arn: str) -> Role | None:
        """A role by name or ARN."""
        role = role_named(self.iam, name_or_arn.rsplit("/", 1)[-1])
        return role if role is not None and name_or_arn in (role.name, role.arn) else None

    def user(self, name: str) -> User | None:
        """A user by name."""
        return self.iam.users.get(name)

    def identity_policies(self, principal: Principal) -> list[str]:
        """Inline, attached and group policies of the user or role behind a principal."""
        if principal.kind == "role":
            role = self.role(principal.identity_arn)
            return self.policies_of(role) if role else []
        user = self.user(principal.name)
        return self.policies_of(user) if user else []

    def policies_of(self, holder: User | Role | Group) -> list[str]:
        """The inline and attached policies of an identity; a user's groups count too."""
        documents = _own_policies(holder)
        if isinstance(holder, User):
            for group in self.iam.get_groups_for_user(holder.name):
                documents += _own_policies(group)
        return documents

    def boundary(self, principal: Principal) -> str | None:
        """The permissions boundary's document, or None when there is none."""
        holder = self.role(principal.identity_arn) if principal.kind == "role" else self.user(principal.name)
        arn = getattr(holder, "permissions_boundary_arn", None)
        if not arn:
            return None
        # A boundary whose policy is gone allows nothing, as in AWS.
        return self.managed_policy(arn) or '{"Statement": []}'

    def managed_policy(self, arn: str) -> str | None:
        """The default version of a managed policy."""
        policy = self.iam.managed_policies.get(arn)
        return _default_version(policy) if policy else None

    def mark_role_used(self, principal: Principal, region: str) -> None:
        """Remember when and where a role was last used, as GetRole shows it."""
        role = self.role(principal.identity_arn) if principal.kind == "role" else None
        if role is not None:
            role.last_used = datetime.now(UTC)
            role.last_used_region = region  # type: ignore[assignment]  # moto infers None from its default

    def tags(self, principal: Principal) -> Mapping[str, str]:
        """The tags of the user or role behind a principal."""
        if principal.kind == "role":
            role = self.role(principal.identity_arn)
            raw = role.tags if role else []
        else:
            user = self.user(principal.name)
            raw = (user.tags or []) if user else []
        return {tag["Key"]: tag["Value"] for tag in raw}


def _default_version(policy: Any) -> str:
    return str(next(version.document for version in policy.versions if version.is_default))


def _own_policies(holder: Any) -> list[str]:
    return [*holder.policies.values(), *(_default_version(item) for item in holder.managed_policies.values())]


def role_age_seconds(role: Role, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float:
    """How long ago a role was created."""
    created = role.create_date if role.create_date.tzinfo else role.create_date.replace(tzinfo=UTC)
    return (now() - created).total_seconds()
