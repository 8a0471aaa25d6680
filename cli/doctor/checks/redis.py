"""Redis: reachable, durable, never evicting, with room, and one user per service that reaches its own keys alone."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from cli.doctor.checks.clock import judged
from cli.doctor.finding import Finding, Findings
from cli.doctor.situation import Situation, read
from shared.broker.acl import RULES
from shared.broker.library import is_loaded
from shared.broker.tls import client_options

make = Findings("redis")

SECONDS = 5
# Set in docs/operations.md, "Redis", with what each prevents.
DURABLE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
LEAST_VERSION = (7, 2)
FULL = 0.7  # from here on new work is refused: services/orchestrator/http/admission.py
# A command, and whether a service's user must be able to run it.
MAY: dict[str, tuple[tuple[bool, tuple[str, ...]], ...]] = {
    "gateway": (
        (True, ("SET", "session:x", "1")),
        (True, ("SET", "vault:info:x", "1")),
        (False, ("GET", "vault:info:x")),
        (False, ("SET", "plan:x", "1")),
        (False, ("CONFIG", "GET", "x")),
    ),
    "info": ((True, ("GET", "vault:info:x")), (False, ("GET", "vault:executor:x")), (False, ("GET", "session:x"))),
    "advisor": ((True, ("GET", "vault:advisor:x")), (False, ("GET", "vault:executor:x")), (False, ("GET", "plan:x"))),
    "executor": (
        (True, ("SET", "plan:x", "1")),
        (True, ("GET", "vault:executor:x")),
        (False, ("SET", "decision:x", "1")),
        (False, ("GET", "session:x")),
    ),
}


def check(situation: Situation) -> Iterator[Finding]:
    """Look at the server, with the most rights that are at hand."""
    url = situation.redis_url
    if url is None:
        yield make.skipped("no address of Redis is known", "set REDIS_URL, or name the keys with --keys")
        return
    try:
        client = connect(url, situation.setting("REDIS_CA_FILE"))
        facts: Mapping[str, Any] = client.info()
    except (RedisError, ValueError, OSError) as error:
        yield make.failure(f"Redis at {shown(url)} does not answer: {error}", _what_to_do(error))
        return
    yield from _server(facts, url)
    yield from _durability(client)
    yield from _memory(facts)
    before = time.time()
    seconds, micros = client.time()
    yield from judged((before + time.time()) / 2 - (seconds + micros / 1e6), f"Redis at {shown(url)}")
    yield from _functions(client)
    yield from _users(client)
    if situation.keys:
        yield from _logins(situation.keys, situation.setting("REDIS_CA_FILE"))


def connect(url: str, ca_file: str | None) -> Redis:
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        **client_options(url, ca_file),
    )


def shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}"


def _what_to_do(error: Exception) -> str:
    if isinstance(error, AuthenticationError):
        return "the password is another one, or Redis has not read users.acl since it was written: restart Redis"
    return "start Redis, and check REDIS_URL: host, port, user, and rediss:// where it speaks TLS"


def _server(facts: Mapping[str, Any], url: str) -> Iterator[Finding]:
    version = str(facts.get("valkey_version") or facts.get("redis_version") or "0")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < LEAST_VERSION:
        yield make.failure(f"Redis has version {version}", "use Redis 7.2 or newer, or Valkey")
    else:
        yield make.ok(f"Redis {version} answers at {shown(url)}")
    if facts.get("cluster_enabled"):
        yield make.failure("this is a Redis Cluster, which Celery's transport cannot use", "use a single server")
    if urlsplit(url).scheme == "redis" and _is_public(urlsplit(url).hostname or ""):
        yield make.warning("the connection to Redis leaves this network without TLS", "write rediss:// in REDIS_URL")


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.rstrip(".") and not host.endswith((".local", ".internal", ".localhost"))


def _durability(client: Redis) -> Iterator[Finding]:
    try:
        settings: Mapping[Any, Any] = client.config_get(*DURABLE)
    except (NoPermissionError, ResponseError):
        yield make.skipped(
            "this user may not read Redis's configuration (appendonly, appendfsync, maxmemory-policy)",
            "let the doctor see the folder admin/ of the keys",
        )
        return
    wrong = {name: settings.get(name) for name, value in DURABLE.items() if settings.get(name) != value}
    for name, value in wrong.items():
        yield make.failure(
            f"Redis has {name} {value}: it may lose or evict what it has acknowledged",
            f"start it with --{name} {DURABLE[name]}",
        )
    if not wrong:
        yield make.ok("Redis writes every change to disk before it answers, and evicts nothing")


def _memory(facts: Mapping[str, Any]) -> Iterator[Finding]:
    if facts.get("aof_last_write_status", "ok") != "ok":
        yield make.failure("Redis could not write its append-only file", "look at its disk and its log")
    most, used = int(facts.get("maxmemory") or 0), int(facts.get("used_memory") or 0)
    if not most:
        yield make.warning(
            "Redis has no maxmemory: the operating system may kill it",
            "start it with --maxmemory, two thirds of what its machine or container has",
        )
    elif used >= FULL * most:
        yield make.failure(f"Redis is {used / most:.0%} full: new work is refused", "raise REDIS_MAXMEMORY")
    else:
        yield make.ok(f"Redis's memory is {used / most:.0%} full")


def _functions(client: Redis) -> Iterator[Finding]:
    try:
        loaded = is_loaded(client)
    except (NoPermissionError, ResponseError):
        return  # said by `_users`
    if loaded:
        yield make.ok("Redis has this version's functions")
    else:
        yield make.failure(
            "Redis lacks this version's functions: every call waits or is answered 503",
            "start the service redis-functions, or run python -m shared.broker.library load as the user functions",
        )


def _users(client: Redis) -> Iterator[Finding]:
    try:
        there = set(client.acl_users())
        missing = sorted(RULES.keys() - there)
        default: Any = client.acl_getuser("default")
    except (NoPermissionError, ResponseError):
        yield make.skipped("this user may not read Redis's users", "let the doctor see the folder admin/ of the keys")
        return
    if missing:
        yield make.warning(
            f"Redis has no user {', '.join(missing)}: every service reaches every key",
            "start it with --aclfile and the users.acl of the keys",
        )
        return
    wrong = [f"{user}: {said}" for user in RULES for said in _wrong_rights(client, user)]
    if default and "on" in default["flags"]:
        wrong.append("default: anybody can log in")
    if wrong:
        yield make.failure(
            f"Redis's users have other rights than the services need ({'; '.join(wrong)})",
            "run `keys` again and restart Redis: it reads users.acl only when it starts",
        )
    else:
        yield make.ok("every service has a user of its own that reaches its own keys alone")


def _wrong_rights(client: Redis, user: str) -> Iterator[str]:
    for allowed, command in MAY[user]:
        answer = str(client.acl_dryrun(user, *command))
        if (answer == "OK") is not allowed:
            yield f"{'may not' if allowed else 'may'} {' '.join(command[:2])}"


def _logins(keys: Path, ca_file: str | None) -> Iterator[Finding]:
    """Log in as every service does."""
    for user in RULES:
        url = read(str(keys / user / "redis_url"))
        if url is None:
            continue
        try:
            connect(url, ca_file).ping()
        except (RedisError, ValueError, OSError) as error:
            yield make.failure(f"{user} cannot log in to Redis at {shown(url)}: {error}", _what_to_do(error))
