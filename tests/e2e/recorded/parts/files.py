"""Uploads, and `Idempotency-Key` on every kind of request that takes one."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.e2e.recorded.parts.plans import FUNCTION, bucket, proposal, step
from tests.e2e.recorded.recording import Recording

ZIP = {"Content-Type": "application/zip"}
MAX_FILES = 20


def package(name: str = "app.py") -> bytes:
    """The same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "def main(event, context):\n    return 42\n")
    return packed.getvalue()


def play(rec: Recording) -> None:
    _uploads(rec)
    _refused(rec)
    _too_many(rec)
    _keys(rec)


def _uploads(rec: Recording) -> None:
    form = {"file": ("app.zip", package(), "application/zip")}
    stored = rec.send("a package in a form", "POST", "/v1/files", files=form).json()
    rec.send("a package as the body", "POST", "/v1/files", headers=ZIP, content=package())
    named = {"file": ("../../etc/my app?.zip", package(), "application/zip")}
    rec.send("a package with an unsafe name", "POST", "/v1/files", files=named)
    uses = FUNCTION | {"zip_file_path": stored["file_id"]}
    body = proposal(step("one", "create_lambda_function", uses))
    rec.send("a function from a package is proposed", "POST", "/v1/plans", json=body)
    spare = rec.send("a package to be deleted", "POST", "/v1/files", headers=ZIP, content=package()).json()
    address = f"/v1/files/{spare['file_id']}"
    rec.send("another owner's package is deleted", "DELETE", address, by="other")
    rec.send("a package is deleted", "DELETE", address)
    rec.send("a package is deleted twice", "DELETE", address)
    rec.send("a function from another session's package", "POST", "/v1/plans", by="other", json=body)


def _refused(rec: Recording) -> None:
    path = "/v1/files"
    rec.send("a package that is not a zip file", "POST", path, headers=ZIP, content=b"PK but no zip")
    rec.send("an empty package", "POST", path, headers=ZIP, content=b"")
    rec.send("a package with a path outside of it", "POST", path, headers=ZIP, content=package("../app.py"))
    rec.send("a package as JSON", "POST", path, json={"file": "x"})
    rec.send("a package in another field", "POST", path, files={"zip": ("app.zip", package(), "application/zip")})
    rec.send("a form without its boundary", "POST", path, headers={"Content-Type": "multipart/form-data"}, content=b"x")
    rec.send("a package that is too large", "POST", path, headers=ZIP, content=bytes(10 * 1024 * 1024 + 1))
    rec.send("a package without a token", "POST", path, by=None, headers=ZIP, content=package())
    rec.send("files by a method that they do not take", "GET", path)


def _too_many(rec: Recording) -> None:
    """Fill what the sessions' owner may hold, unrecorded, from another of its sessions."""
    headers = ZIP | {"Authorization": f"Bearer {rec.tokens['alone']}"}
    stored = [rec.http.post("/v1/files", headers=headers, content=package()).status_code for _ in range(MAX_FILES)]
    assert stored[0] == 201
    rec.send("one package more than an owner may hold", "POST", "/v1/files", by="alone", headers=ZIP, content=package())


def _keys(rec: Recording) -> None:
    """Each kind of request twice under its key, then another request under it."""
    grant = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::recorded-k-*", "expires_in": 300, "max_uses": 1}
    kinds: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
        "a question": ("/v1/chat", {"message": "Which account is this?"}, {"message": "Which roles are there?"}),
        "a proposal": ("/v1/plans", proposal(bucket("one", "recorded-k")), proposal(bucket("one", "recorded-l"))),
        "a grant": ("/v1/grants", grant, grant | {"max_uses": 2}),
    }
    for what, (path, body, other) in kinds.items():
        key = {"Idempotency-Key": f"recorded-{path}"}
        rec.send(f"{what} under a key", "POST", path, headers=key, json=body)
        rec.send(f"{what} under its key again", "POST", path, headers=key, json=body)
        rec.send(f"another request than {what} under its key", "POST", path, headers=key, json=other)
    key = {"Idempotency-Key": "recorded-file"}
    for when in ("once", "again"):
        rec.send(f"a package under a key {when}", "POST", "/v1/files", headers=ZIP | key, content=package())
    rec.send("another package under its key", "POST", "/v1/files", headers=ZIP | key, content=package("b.py"))
    _decision_keys(rec)
    body = {"message": "hi"}
    rec.send("a key with a space", "POST", "/v1/chat", headers={"Idempotency-Key": "a b"}, json=body)
    rec.send("a key that is too long", "POST", "/v1/chat", headers={"Idempotency-Key": "k" * 256}, json=body)


def _decision_keys(rec: Recording) -> None:
    plan = rec.send(
        "a bucket to reject under a key", "POST", "/v1/plans", json=proposal(bucket("one", "recorded-m"))
    ).json()
    path = f"/v1/plans/{plan['plan_id']}/reject"
    key = {"Idempotency-Key": "recorded-reject"}
    rec.send("rejected under a key", "POST", path, headers=key, json={"reason": "no"})
    rec.plan_end(plan["plan_id"])
    rec.send("rejected under its key again", "POST", path, headers=key, json={"reason": "no"})
    rec.send("rejected under its key for another reason", "POST", path, headers=key, json={"reason": "never"})
    missing = {"Idempotency-Key": "recorded-missing"}
    for when in ("once", "again"):
        # What failed is not kept under its key.
        unknown = "/v1/plans/pln_unknown/reject"
        rec.send(f"an unknown plan under a key {when}", "POST", unknown, headers=missing, json={})
