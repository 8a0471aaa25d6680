"""Health, documentation and sessions: what opens one, what is refused, renewal, and the end."""

from __future__ import annotations

from typing import Any

from tests.e2e.people import People
from tests.e2e.recorded.recording import Recording

# Fewer regions than the account has: answers are shorter, and what is outside of them can be asked for.
REGIONS = ["us-east-1", "eu-west-1", "us-west-2"]
UNKNOWN_KEY = "AKIA" + "A" * 16


def play(rec: Recording) -> None:
    _health(rec)
    _refused(rec)
    rec.open("a session with a role and three regions", "main", regions=REGIONS)
    rec.open("a session without a role, with every region of the account", "alone", role_arn=None)
    somebody = People(rec.facts).user("somebody-else")
    rec.normaliser.learn(somebody["access_key_id"], "<somebody else's access key id>")
    rec.normaliser.learn(somebody["secret_access_key"], "<somebody else's secret access key>")
    rec.open("a session of another caller", "other", regions=["us-east-1"], **somebody)
    _current(rec)
    _renewed(rec)
    _linked(rec)


def _health(rec: Recording) -> None:
    rec.send("the gateway is alive", "GET", "/healthz", by=None)
    rec.send("the gateway is ready", "GET", "/readyz", by=None)
    rec.send("routes of the OpenAPI document", "GET", "/openapi.json", by=None, keep=_routes)
    rec.send("what this is", "GET", "/", by=None)
    rec.send("the documentation page", "GET", "/docs", by=None, keep=lambda _: "a page")
    rec.send("health by a method that it does not take", "POST", "/healthz", by=None)
    rec.send("an unknown path", "GET", "/v1/nothing", by=None)
    for what, request_id in {"a well-formed": "recorded-0001", "a malformed": "x"}.items():
        headers = {"X-Request-ID": request_id}
        rec.send(f"{what} request id of the client", "GET", "/v1/nothing", by=None, headers=headers)


def _routes(document: Any) -> Any:
    return {path: sorted(operations) for path, operations in document["paths"].items()}


def _refused(rec: Recording) -> None:
    wrong: dict[str, Any] = {
        "a malformed key id": rec.credentials(access_key_id="key"),
        "a malformed secret": rec.credentials(secret_access_key="secret"),
        "a temporary key without its token": rec.credentials(access_key_id="ASIA" + "A" * 16),
        "a key that AWS does not know": rec.credentials(access_key_id=UNKNOWN_KEY, secret_access_key="s" * 40),
        "an administrator's key": rec.credentials(**rec.facts["admin"]),
        "a role that the caller may not assume": rec.credentials(
            role_arn=rec.facts["role_arn"].replace("AssistantRole", "web-server-role")
        ),
        "a role that is not an ARN": rec.credentials(role_arn="AssistantRole"),
        "a malformed region": rec.credentials(region="Frankfurt"),
        "an unknown region": rec.credentials(region="eu-nowhere-7"),
        "an unknown region to read": rec.credentials(regions=["eu-nowhere-7"]),
        "no secret": rec.credentials(secret_access_key=None),
        "an unknown field": rec.credentials(password="x"),
    }
    for what, body in wrong.items():
        rec.send(f"a session with {what}", "POST", "/v1/sessions", by=None, json=body)
    broken: dict[str, Any] = {"content": "{", "headers": {"Content-Type": "application/json"}}
    rec.send("a session with broken JSON", "POST", "/v1/sessions", by=None, **broken)
    form: dict[str, Any] = {"content": "a=b", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    rec.send("a session with a form instead of JSON", "POST", "/v1/sessions", by=None, **form)


def _current(rec: Recording) -> None:
    rec.send("the current session", "GET", "/v1/sessions/current")
    rec.send("the current session without a token", "GET", "/v1/sessions/current", by=None)
    for what, header in {"another scheme": "Basic eDp5", "a malformed token": "Bearer wrong"}.items():
        rec.send(
            f"the current session with {what}",
            "GET",
            "/v1/sessions/current",
            by=None,
            headers={"Authorization": header},
        )
    unknown = {"Authorization": "Bearer " + "A" * 43}
    rec.send("the current session with an unknown token", "GET", "/v1/sessions/current", by=None, headers=unknown)


def _renewed(rec: Recording) -> None:
    path = "/v1/sessions/current/renew"
    again = rec.credentials(region=None)
    rec.send("renewed by the same caller", "POST", path, json=again)
    rec.send("renewed without a token", "POST", path, by=None, json=again)
    rec.send("renewed without the role", "POST", path, json=rec.credentials(region=None, role_arn=None))
    rec.send("renewed with a key that AWS does not know", "POST", path, json=again | {"access_key_id": UNKNOWN_KEY})
    rec.send("renewed with an unknown field", "POST", path, json=rec.credentials())


def _linked(rec: Recording) -> None:
    path = "/v1/sessions/current/link"
    rec.send("a link that opens the session in a browser", "POST", path)
    rec.send("a link without a token", "POST", path, by=None)


def end(rec: Recording) -> None:
    """Delete a session: the last requests."""
    rec.send("the session is deleted without a token", "DELETE", "/v1/sessions/current", by=None)
    rec.send("the session is deleted", "DELETE", "/v1/sessions/current", by="other")
    rec.send("the session is deleted twice", "DELETE", "/v1/sessions/current", by="other")
    rec.send("the current session after it was deleted", "GET", "/v1/sessions/current", by="other")
