"""The Redis users: who may log in, and what Redis needs to read its own log again."""

from __future__ import annotations

from shared.broker.acl import acl_file


def test_the_default_user_cannot_log_in_but_may_replay_the_log() -> None:
    """Redis 8 checks `default` for every transaction of its append-only file, and drops what it may not do."""
    [default] = [line.split() for line in acl_file({"admin": "secret"}).splitlines() if line.startswith("user default")]

    assert {"off", "resetpass", "~*", "&*", "+@all"} <= set(default)
    assert not {"on", "nopass"} & set(default)
