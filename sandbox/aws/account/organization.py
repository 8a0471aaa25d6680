"""The sandbox's organization: the accounts beside the first one, what each holds, and what lists them.

Figures that tests and questions rely on are constants here. `legacy` has no role that lets the assistant in, and
`closed` is suspended, so that a question over all accounts has gaps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.account.contents import MIB, ROLE_NAME, Bucket, Function, Instance
from sandbox.aws.moto.patches import ACCOUNT_ID
from sandbox.aws.protocol.errors import Answer

MANAGEMENT_NAME = "acme"
# What Organizations itself makes in every account; the assistant refuses it.
ADMINISTRATOR_ROLE = "OrganizationAccountAccessRole"
_PAGE = 20


@dataclass(frozen=True)
class MemberAccount:
    """An account of the organization: whether a role lets the assistant in, and what it holds."""

    account: str
    name: str
    state: str = "ACTIVE"
    has_role: bool = True
    # Whether the assistant may read there beyond its own session policy.
    has_read_policies: bool = False
    buckets: tuple[Bucket, ...] = ()
    instances: tuple[Instance, ...] = ()
    functions: tuple[Function, ...] = ()
    # Of what the first account costs.
    cost_share: float = 0.0

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/{ROLE_NAME}"


PROD = MemberAccount(
    "222233334444",
    "prod",
    has_read_policies=True,
    buckets=(
        Bucket("acme-prod-orders", "eu-west-1", {f"2026/orders-{n:02d}.json": 4_000 for n in range(1, 26)}),
        Bucket("acme-prod-media", "us-east-1", {"hero.mp4": 3 * MIB, "intro.mp4": 2 * MIB}),
    ),
    instances=(
        Instance("shop-1", "us-east-1", "m5.large", "running", "production"),
        Instance("shop-2", "us-east-1", "m5.large", "running", "production"),
        Instance("shop-3", "eu-west-1", "m5.large", "stopped", "production"),
    ),
    functions=(Function("checkout", "us-east-1", "python3.12", "app.handler", 512, 30),),
    cost_share=0.5,
)
STAGING = MemberAccount(
    "333344445555",
    "staging",
    buckets=(Bucket("acme-staging-fixtures", "eu-central-1", {"fixtures.zip": 700_000}),),
    instances=(Instance("shop-staging", "eu-west-1", "t3.small", "running", "staging"),),
    cost_share=0.25,
)
LEGACY = MemberAccount("444455556666", "legacy", has_role=False)
CLOSED = MemberAccount("555566667777", "closed", state="SUSPENDED")
MEMBERS = (PROD, STAGING, LEGACY, CLOSED)


def members() -> tuple[MemberAccount, ...]:
    """The organization's accounts beside the first: those above, and for tests `SANDBOX_EXTRA_ACCOUNTS` empty ones.

    Every tenth of the empty ones, from the first on, has no role.
    """
    extra = int(os.environ.get("SANDBOX_EXTRA_ACCOUNTS", "0"))
    made = (MemberAccount(f"{600_000_000_000 + n}", f"team-{n:02d}", has_role=n % 10 != 0) for n in range(extra))
    return (*MEMBERS, *made)


def cost_shares() -> Mapping[str, float]:
    """By account, what it costs of what the first one does."""
    return {ACCOUNT_ID: 1.0} | {one.account: one.cost_share for one in members()}


def answer_accounts(params: Mapping[str, Any]) -> Answer:
    """ListAccounts, page by page."""
    listed = [
        _listed(ACCOUNT_ID, MANAGEMENT_NAME, "ACTIVE"),
        *(_listed(one.account, one.name, one.state) for one in members()),
    ]
    start = int(params.get("NextToken") or 0)
    page: dict[str, Any] = {"Accounts": listed[start : start + _PAGE]}
    if start + _PAGE < len(listed):
        page["NextToken"] = str(start + _PAGE)
    return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(page).encode())


def _listed(account: str, name: str, state: str) -> dict[str, str]:
    arn = f"arn:aws:organizations::{ACCOUNT_ID}:account/o-acme123456/{account}"
    return {
        "Id": account,
        "Arn": arn,
        "Name": name,
        "Email": f"{name}@acme.example",
        # AWS is replacing Status by State; both are answered.
        "Status": state,
        "State": state,
        "JoinedMethod": "CREATED",
    }
