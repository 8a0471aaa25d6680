"""Redis users: one per service, each able to touch its own keys and no other's.

`~` is read and write, `%R~` read, `%W~` write. The default user is off. Rules: https://redis.io/docs/latest/
operate/oss_and_stack/management/security/acl/ (key permissions since Redis 7).
"""

from __future__ import annotations

import hashlib

from shared.messages import Agent

# Nothing an ordinary client needs is in these categories.
COMMANDS = "+@all -@admin -@dangerous +info"


# The audit is appended to by script and never taken from: a selector of few commands, in which DEL or XTRIM is not.
# (XADD itself can trim; the anchors outside Redis and the entries' signatures show that.)
_APPEND = "+evalsha +xadd +hmget +hset"


def _audit(logs: str, more: str = "") -> str:
    return f"(~audit:log:{logs} ~audit:head:{logs} {_APPEND}{more})"


def _worker(agent: Agent) -> str:
    """Its queue, tasks, heartbeat and large results; it answers on any gateway's reply stream, and reads none."""
    return (
        f"~q:{agent}:* ~task:{agent}:* ~open:{agent} ~dead:{agent} ~workers:{agent} ~result:{agent}:*"
        f" %R~vault:{agent}:* %W~reply:*"
    )


# What a user may do besides, each on keys of its own.
SELECTORS = {
    "info": _audit("info.*", " +expire"),
    "advisor": _audit("advisor.*", " +expire"),
    "executor": _audit("executor.*", " +expire") + " " + _audit("ses_*"),
    "gateway": _audit("*", " +expire +hgetall +xrange"),
}

RULES = {
    "info": _worker("info"),
    "advisor": _worker("advisor"),
    # Owns the plans, reads people's decisions, and asks the advisor to review.
    "executor": _worker("executor")
    + " ~plan:* ~plans:* ~run:* ~journal:* %R~decision:* %R~cancel:* %R~resolution:* %R~grant:* %R~file:*"
    + " ~task:advisor:*.review ~open:advisor %W~q:advisor:tasks ~reply:*.review",
    # Publishes to every agent and reads their answers; it writes credentials it cannot read.
    "gateway": "~session:* ~session-id:* ~conversation:* ~conversations:* ~turn:* ~turns* ~events:* ~idempotency:*"
    " ~decision:* ~cancel:* ~resolution:* ~grant:* ~grants:* ~file:* ~files:*"
    " ~runs* ~outcome:* ~rate:* ~reply:* ~lease:* ~task:* ~open:* %W~q:*:tasks"
    " %R~workers:* %R~result:* %R~plan:* %R~plans:* %W~vault:*",
}


def acl_file(passwords: dict[str, str]) -> str:
    """The users of `RULES` and `admin`, for Redis's `aclfile`; passwords go in as SHA-256.

    `health` may do nothing but PING, for health checks. Nobody can log in as `default`: it is off and has no password;
    but Redis checks its rights where it reads its log after a restart, and without them drops every transaction.
    """
    lines = ["user default off resetpass ~* &* +@all", "user health on nopass -@all +ping"]
    for user, password in passwords.items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        rights = f"{RULES[user]} &* {COMMANDS} {SELECTORS[user]}" if user in RULES else "~* &* +@all"
        lines.append(f"user {user} on #{digest} {rights}")
    return "\n".join(lines) + "\n"
