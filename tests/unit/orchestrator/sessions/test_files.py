"""Uploading Lambda packages."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.sessions import files
from shared.errors import InvalidArguments
from tests.unit.orchestrator.conftest import CALLER, STRANGER, OpenSession


def package(entries: dict[str, bytes] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in ({"handler.py": b"def handler(): ..."} if entries is None else entries).items():
            archive.writestr(name, data)
    return buffer.getvalue()


async def test_a_package_is_kept_a_day_for_the_owner_of_the_session_that_sent_it(signed_in: Any, redis: Redis) -> None:
    client, session = signed_in
    data = package()

    answer = await client.post("/v1/files", files={"file": ("fn.zip", data, "application/zip")})

    assert answer.status_code == 201
    body = answer.json()
    assert body["name"] == "fn.zip"
    assert body["size_bytes"] == len(data)
    assert body["sha256"] == hashlib.sha256(data).hexdigest()
    stored = await redis.hgetall(f"file:{body['file_id']}")
    assert (stored["session_id"], stored["owner_id"]) == (session.session_id, session.owner_id)
    assert stored["size"] == str(len(data))
    assert base64.b64decode(stored["data"]) == data
    assert 3600 < await redis.ttl(f"file:{body['file_id']}") <= 24 * 3600


async def test_a_package_can_be_the_body_itself(signed_in: Any) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/files", content=package(), headers={"Content-Type": "application/zip"})

    assert answer.status_code == 201


async def test_a_package_outlives_its_session_until_its_owner_deletes_it(
    signed_in: Any, open_session: OpenSession, redis: Redis
) -> None:
    client, _ = signed_in
    sent = (await client.post("/v1/files", files={"file": ("fn.zip", package())})).json()["file_id"]
    await client.delete("/v1/sessions/current")

    statuses = []
    for caller in (STRANGER, CALLER, CALLER):
        _, token = await open_session(caller)
        headers = {"Authorization": f"Bearer {token}"}
        statuses.append((await client.delete(f"/v1/files/{sent}", headers=headers)).status_code)

    assert statuses == [404, 204, 404]
    assert not await redis.keys("file*")


async def test_packages_that_are_no_more_leave_room_for_others(signed_in: Any, redis: Redis) -> None:
    client, _ = signed_in
    for number in range(20):
        sent = await client.post("/v1/files", files={"file": (f"{number}.zip", package())})
    full = await client.post("/v1/files", files={"file": ("fn.zip", package())})
    await redis.delete(f"file:{sent.json()['file_id']}")

    assert (full.status_code, full.json()["code"]) == (429, "too_many_files")
    assert (await client.post("/v1/files", files={"file": ("fn.zip", package())})).status_code == 201


async def test_ten_mebibytes_are_the_most(signed_in: Any) -> None:
    client, _ = signed_in
    noise = os.urandom(10 * 1024 * 1024)
    over = package({"a.bin": noise}, zipfile.ZIP_STORED)
    under = package({"a.bin": noise[:-1024]}, zipfile.ZIP_STORED)

    refused = await client.post("/v1/files", files={"file": ("big.zip", over)})
    taken = await client.post("/v1/files", files={"file": ("big.zip", under)})

    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert taken.status_code == 201


@pytest.mark.parametrize(
    "request_parts",
    [
        {"files": {"file": ("x.zip", b"not a zip")}},
        {"files": {"other": ("x.zip", b"PK")}},
        {"data": {"file": "text"}, "files": {"other": ("x.zip", b"PK")}},
        {"content": b"", "headers": {"Content-Type": "application/zip"}},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=a"}},
    ],
)
async def test_what_is_no_package_is_refused_as_a_problem(
    signed_in: Any, redis: Redis, request_parts: dict[str, Any]
) -> None:
    client, _ = signed_in

    answer = await client.post("/v1/files", **request_parts)

    assert 400 <= answer.status_code < 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not await redis.keys("file*")


async def test_a_strangers_package_is_not_even_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/files", files={"file": ("fn.zip", b"not a zip")})

    assert answer.status_code == 401


def test_a_sound_package_passes() -> None:
    files.check_zip(package({"src/": b"", "src/a.py": b"x" * 100_000, "b.py": b""}))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (package({}), "no file"),
        (package({"../evil.py": b"x"}), "outside"),
        (package({"/etc/passwd": b"x"}), "outside"),
        (package()[:-30], "valid zip"),
        (package({"a.py": b"hello"}, zipfile.ZIP_STORED).replace(b"hello", b"jello"), "valid zip"),
        (package({"a.py": b"x"}, zipfile.ZIP_LZMA), "method"),
    ],
)
def test_an_unsound_package_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(InvalidArguments, match=why) as caught:
        files.check_zip(data)
    assert caught.value.code == "invalid_zip"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = package({f"{number}.bin": bytes(1_000_000) for number in range(3)})
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 2_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))

    with pytest.raises(InvalidArguments, match="unpacks"):
        files.check_zip(bomb)


@pytest.mark.parametrize(
    ("given", "shown"),
    [("../../etc/fn.zip", "fn.zip"), ("C:\\x\\fn.zip", "fn.zip"), ("a\n<b>.zip", "a__b_.zip"), ("", "package.zip")],
)
def test_a_files_name_is_made_harmless(given: str, shown: str) -> None:
    assert files.safe_name(given) == shown


def test_a_directory_of_too_many_entries_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the directory was read: an object for each of its entries")

    monkeypatch.setattr(zipfile, "ZipFile", never)

    with pytest.raises(InvalidArguments, match="more than 20000 entries"):
        files.check_zip(b"PK\x01\x02" * (files.MAX_SIGNATURES + 1))
