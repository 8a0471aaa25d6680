"""Whose something is follows from what AWS answers about the caller, and from nothing that a caller can choose."""

from __future__ import annotations

import pytest

from shared.sessions.owners import owner_of

ACCOUNT = "123456789012"
USER, ROLE = "AIDA" + "A" * 17, "AROA" + "B" * 17
NAMED = ("AWSReservedSSO_*", "People")


def assumed(role: str, session: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"


@pytest.mark.parametrize(
    ("user_id", "arn", "principal"),
    [
        (USER, f"arn:aws:iam::{ACCOUNT}:user/team/ann", USER),
        (f"{ROLE}:ann", assumed("Deploy", "ann"), ROLE),
        (f"{ROLE}:ann@example.org", assumed("People", "ann@example.org"), f"{ROLE}:ann@example.org"),
        (f"{ROLE}:ann", assumed("AWSReservedSSO_Ops_0123456789abcdef", "ann"), f"{ROLE}:ann"),
        # The name of the session is no part of the role's, however it looks.
        (f"{ROLE}:People", assumed("Deploy", "People"), ROLE),
        (f"{ROLE}:x", assumed("Peoples", "x"), ROLE),
        # Two answers about one caller that do not agree: the name says nothing.
        (f"{ROLE}:ann", assumed("People", "bob"), ROLE),
        (f"{ROLE}:i-0123456789abcdef0", assumed("Web", "i-0123456789abcdef0"), ROLE),
        (f"{ACCOUNT}:ann", f"arn:aws:sts::{ACCOUNT}:federated-user/ann", None),
        (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", None),
        ("", f"arn:aws:iam::{ACCOUNT}:user/ann", None),
        (f"{USER}:ann", f"arn:aws:iam::{ACCOUNT}:user/ann", None),
        (f"{ROLE}:ann", f"arn:aws:iam::{ACCOUNT}:user/ann", None),
    ],
)
def test_a_user_owns_by_its_id_and_a_role_by_its_own_unless_its_sessions_are_named_for_it(
    user_id: str, arn: str, principal: str | None
) -> None:
    owner = owner_of(ACCOUNT, user_id, arn, NAMED)
    assert (owner.principal if owner else None) == principal


def test_one_principal_in_two_accounts_is_two_owners() -> None:
    one, two = (owner_of(account, USER, f"arn:aws:iam::{ACCOUNT}:user/ann") for account in (ACCOUNT, "210987654321"))
    assert one
    assert two
    assert one.id != two.id
