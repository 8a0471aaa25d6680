"""The approval key is out of the reasoning loop's reach: no object that a turn works with leads to it."""

from __future__ import annotations

import gc
import types
from typing import Any

import pytest
from pydantic import SecretStr

from services.orchestrator.decisions.settings import ApprovalSettings
from services.orchestrator.gateway import build
from services.orchestrator.settings import GatewaySettings

KEY = "the-approval-key-of-this-test"
# What every object of the interpreter leads to: code, not what this gateway was given.
CODE = (type, types.ModuleType, types.FrameType, types.CodeType, types.BuiltinFunctionType)


def reaches(start: object, secret: str) -> bool:
    """Whether the secret is in anything that can be got at from `start`, by any attribute, item or closure."""
    seen: set[int] = set()
    found: list[Any] = [start]
    while found:
        one = found.pop()
        if id(one) in seen or isinstance(one, CODE):
            continue
        seen.add(id(one))
        if (isinstance(one, str) and secret in one) or (isinstance(one, bytes) and secret.encode() in one):
            return True
        if isinstance(one, types.FunctionType):
            found += [one.__closure__, one.__defaults__, one.__kwdefaults__, one.__dict__]
        else:
            found += gc.get_referents(one)
    return False


async def test_no_path_leads_from_the_turns_to_the_approval_key(settings: GatewaySettings) -> None:
    gateway = build(settings, ApprovalSettings(approval_key=SecretStr(KEY)))

    assert reaches(gateway.decisions, KEY), "the search must find the key where it is"
    assert reaches(gateway.turns, "signing-executor"), "the search must look into settings and below"
    assert not reaches(gateway.turns, KEY)
    assert not reaches(gateway.plans, KEY)
    assert not reaches(gateway.settings, KEY)


def test_the_gateways_settings_do_not_take_the_approval_key(settings: GatewaySettings) -> None:
    assert "approval_key" not in type(settings).model_fields


def test_a_wrong_setting_of_approvals_stops_the_start_with_a_sentence(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPROVAL_KEY", "a key")
    monkeypatch.setenv("APPROVAL_TTL", "1d")
    with pytest.raises(SystemExit, match=r"^APPROVAL_TTL is '1d': "):
        build(settings)
