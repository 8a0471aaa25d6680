"""Redis users: one per service, each with the commands it uses, on its own keys and on no other's.

A user's rights are a list of selectors, each some keys and what may be done to them; a command is allowed where one of
them allows all of it. `~` is read and write, `%R~` read, `%W~` write. What a command in a function does needs the same
rights, so functions give nobody more. The default user is off. Rules: https://redis.io/docs/latest/operate/
oss_and_stack/management/security/acl/ (Redis 7.2 or Valkey 7.2 and newer).
"""

from __future__ import annotations

import hashlib

from shared.messages import Agent

# Every connection: no key, and no command that waits, lists, counts or configures. AUTH and HELLO are always allowed.
_CONNECTION = "-@all +ping +select +client|setinfo +time +multi +exec +discard"


def _may(keys: str, commands: str) -> str:
    """A selector: these commands on these keys."""
    return f"({keys} {' '.join(f'+{command}' for command in commands.split())})"


def _audit(logs: str, more: str = "") -> str:
    """The audit is appended to by a function and never taken from: DEL and XTRIM are not among the commands.

    XADD itself can trim; the anchors outside Redis and the entries' signatures show that.
    """
    return _may(f"~audit:log:{logs} ~audit:head:{logs}", f"fcall xadd hmget hset {more}")


def _worker(agent: Agent) -> list[str]:
    """Its queue, tasks, heartbeat, dead letters and large results; it replies on streams of its own, and reads none.

    By kind of key, so that none can be made into another kind, at which its readers would fail.
    """
    return [
        _may(f"~task:{agent}:* ~open:{agent} ~q:{agent}:tasks", "fcall"),
        _may(f"~task:{agent}:*", "hget hmget hset hdel hstrlen hincrby pexpire pttl del"),
        _may(f"~open:{agent}", "zadd zrem zcard zrangebyscore"),
        _may(f"~q:{agent}:tasks", "brpop rpush llen"),
        _may(f"~dead:{agent}", "fcall lpush ltrim"),
        _may(f"~workers:{agent}", "fcall zadd zremrangebyscore zrangebyscore expire"),
        _may(f"%W~result:{agent}:*", "set"),
        _may(f"%R~vault:{agent}:*", "get"),
        _may(f"%W~reply:{agent}:*", "xadd pexpire"),
        _audit(f"{agent}.*", "expire"),
    ]


_INFO = [
    # Computes over the results of its own tools (`query_result`), for the owner that the call's sealed session names.
    _may("%R~result:info:*", "get strlen"),
    # Its workers tell each other where AWS refuses calls; without one it is only a slower or a ruder reader.
    _may("~limits:info", "hset pexpire hlen hgetall"),
]

_EXECUTOR = [
    # Owns the plans, and reads people's decisions.
    _may(
        "~plan:* ~plans:* ~run:* ~journal:*", "fcall get set hget hmget hset hdel hincrby hgetall pexpire expire zadd"
    ),
    # What the owner's plans made lately.
    _may("~plans:*", "zrevrangebyscore zremrangebyscore"),
    _may("%R~plan:*", "mget"),
    _may("%R~decision:* %R~cancel:* %R~resolution:* %R~grant:* %R~file:* %R~runs:review:*", "get hgetall"),
    # Reads logs under a person's standing grant, and counts that.
    _may("%R~grants:*", "zrange"),
    _may("~grants:uses:*", "incrby expire"),
    # Keeps what it read for a person, sealed, and what the model may see of it; it reads neither.
    _may("%W~value:*", "set"),
    _may("%W~value-shared:*", "hset expire"),
    _may("%W~values:*", "sadd expire"),
    # Asks the advisor to review.
    _may("~task:advisor:*.review ~open:advisor", "fcall"),
    _may("~task:advisor:*.review", "hget hset hdel pexpireat"),
    _may("~open:advisor", "zadd zcard"),
    _may("%W~q:advisor:tasks", "lpush"),
    _audit("ses_*"),
]

_GATEWAY = [
    # Sessions, turns and what people decide; it writes credentials it cannot read, and reads plans and sealed values.
    _may(
        "~session:* ~session-id:* ~conversation:* ~conversations:* ~turn:* ~turns* ~events:* ~idempotency:*"
        " ~decision:* ~cancel:* ~resolution:* ~grant:* ~grants:* ~file:* ~files:*"
        " ~runs* ~outcome:* ~rate:* ~lease:* %R~plan:* %R~plans:* %W~vault:*"
        # What is sealed for a session ends with it, in one command.
        " ~value:* ~values:* ~value-shared:*",
        "fcall get set mget del exists expire pexpire incr incrby hget hmget hset hgetall sadd scard smembers"
        " sismember srem hexists hlen zadd zrem zremrangebyscore zcard zscore zrange zrangebyscore zrevrange"
        " zrevrangebyscore zrevrank xadd xread",
    ),
    # Publishes to every agent and reads their answers.
    _may("~task:* ~open:*", "fcall hget hset hdel hstrlen pexpireat zadd zcard"),
    _may("%W~q:*:tasks", "lpush"),
    _may("~reply:*", "fcall xread xrange xlen xdel del memory|usage"),
    _may("%R~workers:*", "zcount zrangebyscore"),
    _may("%R~result:*", "get strlen"),
    _audit("*", "expire hgetall xrange"),
]

RULES = {
    "info": [*_worker("info"), *_INFO],
    "advisor": _worker("advisor"),
    "executor": [*_worker("executor"), *_EXECUTOR],
    "gateway": ["+info", *_GATEWAY],
}
# Loads the functions (`library.py`), and touches no key.
FUNCTIONS = "-@all +ping +select +client|setinfo +function|list +function|load +function|delete"


def acl_file(passwords: dict[str, str]) -> str:
    """The users of `RULES`, `functions` and `admin`, for Redis's `aclfile`; passwords go in as SHA-256.

    `health` may do nothing but PING, for health checks. Nobody can log in as `default`: it is off and has no password;
    but Redis checks its rights where it reads its log after a restart, and without them drops every transaction.
    """
    lines = ["user default off resetpass ~* &* +@all", "user health on nopass -@all +ping"]
    for user, password in passwords.items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        lines.append(f"user {user} on #{digest} {_rights(user)}")
    return "\n".join(lines) + "\n"


def _rights(user: str) -> str:
    """What a user may do; channels are nobody's."""
    if user == "functions":
        return f"resetchannels {FUNCTIONS}"
    if user in RULES:
        return " ".join(["resetchannels", _CONNECTION, *RULES[user]])
    return "~* &* +@all"
