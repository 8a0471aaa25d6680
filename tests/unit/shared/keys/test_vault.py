"""Sealed credentials: only the one agent opens them, for their session; rotated keys do not end sessions."""

from __future__ import annotations

import base64
import stat
import time
from pathlib import Path

import pytest

from shared.audit.signers import PublicKey
from shared.audit.signers import public_key_of as public_audit_key_of
from shared.errors import Unauthenticated, Unavailable
from shared.keys.deployment import main, make_keys, rotate
from shared.keys.vault import box, new_private_key, public_key_of, seal, signed, unseal
from shared.messages import AGENTS, Agent, SessionInfo
from shared.sessions.credentials import AgentSession, Credentials

INFO = SessionInfo(
    session_id="ses_a",
    account="123456789012",
    caller_arn="arn:aws:iam::123456789012:user/dev",
    region="eu-west-1",
    regions=("eu-west-1",),
    expires_at=time.time() + 600,
)
SESSION = AgentSession(info=INFO, credentials=Credentials(access_key_id="ASIATEST", secret_access_key="a-secret"))
PRIVATE, SIGNING = new_private_key(), b"signing"


def refused(sealed: str | None, *, agent: Agent = "info", session: str = "ses_a", private: str = PRIVATE) -> str:
    with pytest.raises(Unauthenticated) as caught:
        unseal(sealed, agent, session, private, SIGNING)
    return caught.value.code


def test_only_the_holder_of_the_private_key_reads_what_was_sealed() -> None:
    sealed = seal(SESSION, "info", public_key_of(PRIVATE), SIGNING)

    assert unseal(sealed, "info", "ses_a", PRIVATE, SIGNING) == SESSION
    assert refused(sealed, private=new_private_key()) == "sealed_for_another_key"
    assert "a-secret" not in sealed
    assert b"a-secret" not in base64.b64decode(sealed.partition(".")[2])


class NewerSession(AgentSession):
    """What a newer version seals: a limit that this one does not know."""

    curfew: str


def test_what_a_newer_version_sealed_is_not_opened_without_its_limits() -> None:
    sealed = seal(NewerSession(**dict(SESSION), curfew="22:00"), "info", public_key_of(PRIVATE), SIGNING)

    with pytest.raises(Unavailable) as caught:
        unseal(sealed, "info", "ses_a", PRIVATE, SIGNING)

    assert caught.value.code == "session_of_newer_version"
    assert "a-secret" not in caught.value.detail


def test_sealed_credentials_fit_no_other_agent_or_session() -> None:
    sealed = seal(SESSION, "info", public_key_of(PRIVATE), SIGNING)

    assert refused(sealed, agent="executor") == "sealed_for_another_key"
    assert refused(sealed, session="ses_b") == "sealed_for_another_key"


def test_a_box_signed_for_another_session_than_its_own_is_refused() -> None:
    moved = signed(box(SESSION, public_key_of(PRIVATE)), "info", "ses_b", SIGNING)

    assert refused(moved, session="ses_b") == "sealed_for_another_key"


def test_a_box_nobody_signed_is_refused() -> None:
    assert refused(f"{'0' * 64}.{box(SESSION, public_key_of(PRIVATE))}") == "sealed_for_another_key"


def test_nothing_to_open_is_an_ended_session() -> None:
    assert refused(None) == "session_expired"


class Keys:
    """What the gateway and a worker would read from their folders."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __getitem__(self, name: str) -> str:
        return (self.directory / name).read_text()

    def seal(self, agent: Agent) -> str:
        key = self[f"gateway/signing_key_{agent}"].encode()
        return seal(SESSION, agent, self[f"gateway/public_key_{agent}"], key)

    def unseal(self, agent: Agent, sealed: str) -> AgentSession:
        def keys(name: str) -> list[str]:
            return [key for key in (self[f"{agent}/{name}"], self[f"{agent}/{name}_previous"]) if key]

        signing = [key.encode() for key in keys("signing_key")]
        return unseal(sealed, agent, "ses_a", keys("private_key"), signing)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    make_keys(tmp_path)
    return Keys(tmp_path)


def everything(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_keys_that_are_there_are_kept_and_only_their_owner_reads_them(keys: Keys) -> None:
    before = everything(keys.directory)
    make_keys(keys.directory)

    assert everything(keys.directory) == before
    modes = {stat.S_IMODE(path.stat().st_mode) for path in keys.directory.rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_no_folder_but_an_agents_own_has_its_private_key(keys: Keys) -> None:
    for agent in AGENTS:
        holders = [name for name, value in everything(keys.directory).items() if value == keys[f"{agent}/private_key"]]
        assert holders == [f"{agent}/private_key"]


def test_sessions_survive_one_rotation_and_end_clearly_at_the_second(keys: Keys) -> None:
    sealed = keys.seal("info")

    rotate(keys.directory, "info")
    assert keys.unseal("info", sealed) == SESSION
    assert keys.unseal("info", keys.seal("info")) == SESSION

    rotate(keys.directory, "info")
    with pytest.raises(Unauthenticated) as caught:
        keys.unseal("info", sealed)
    assert caught.value.code == "sealed_for_another_key"
    assert "open a new session" in caught.value.detail


@pytest.mark.parametrize("what", ["info", "advisor", "executor", "approval"])
def test_rotating_one_key_leaves_the_others_alone(keys: Keys, what: str) -> None:
    before = everything(keys.directory)
    main([str(keys.directory), "--rotate", what])
    after = everything(keys.directory)

    changed = {name for name in after if after[name] != before[name]}
    copies = {
        "info": {"executor/public_key_info"},
        "advisor": {"executor/public_key_advisor", "executor/advisor_signing_key"},
        "executor": set(),
    }
    if what == "approval":
        assert changed == {"gateway/approval_key", "executor/approval_key"}
    else:
        own = {
            f"{what}/{name}" for name in ("private_key", "signing_key", "private_key_previous", "signing_key_previous")
        }
        assert changed == own | {f"gateway/signing_key_{what}", f"gateway/public_key_{what}"} | copies[what]
    assert after["gateway/approval_key"] == after["executor/approval_key"]


def test_no_folder_but_a_workers_own_can_sign_its_audit_entries(keys: Keys) -> None:
    for agent in AGENTS:
        signing_key = keys[f"{agent}/audit_signing_key"]
        holders = [name for name, value in everything(keys.directory).items() if value == signing_key]
        assert holders == [f"{agent}/audit_signing_key"]
        assert keys[f"gateway/audit_public_key_{agent}"] == public_audit_key_of(signing_key)


def test_a_new_deployment_accepts_no_old_signature_and_an_upgraded_one_those_of_before(tmp_path: Path) -> None:
    make_keys(tmp_path / "new")
    (tmp_path / "old" / "gateway").mkdir(parents=True)
    (tmp_path / "old" / "gateway" / "audit_key").write_text("k" * 64)
    (tmp_path / "old" / "executor").mkdir()
    (tmp_path / "old" / "executor" / "audit_key").write_text("derived")
    make_keys(tmp_path / "old")

    since = [
        PublicKey.of((tmp_path / name / "gateway" / "audit_public_key_executor").read_text()).since_ms
        for name in ("new", "old")
    ]
    assert since[0] == 0
    assert 0 <= since[1] / 1000 - time.time() <= 3600
    assert not (tmp_path / "old" / "executor" / "audit_key").exists()


def test_all_keys_rotate_together(keys: Keys) -> None:
    sealed = {agent: keys.seal(agent) for agent in AGENTS}
    before = everything(keys.directory)
    rotate(keys.directory, "all")

    # Old logs are checked with the audit keys: they stay.
    kept = {name for name in before if keys[name] == before[name]}
    assert kept == {name for name in before if "/audit_" in name}
    assert all(keys.unseal(agent, sealed[agent]) == SESSION for agent in AGENTS)
