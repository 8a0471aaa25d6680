"""Uploaded Lambda packages: checked to be valid zip files, kept in Redis for their owner for a day."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import re
import secrets
import zipfile
import zlib
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.rest import RestModel
from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from shared.errors import BadRequest, Busy, InvalidArguments, NotFound, TooLarge

MAX_ENTRIES = 20_000
# AWS Lambda quotas: "250 MB … deployment package (unzipped), including layers".
MAX_UNPACKED_BYTES = 250 * 1024 * 1024
_ENTRY = b"PK\x01\x02"
MAX_SIGNATURES = 3 * MAX_ENTRIES
READ_BYTES = 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNSAFE_NAME = re.compile(r"[^\w.()+=@ -]")


class StoredFile(RestModel):
    """An upload, as REST answers it. A plan's `zip_file_path` names it by `file_id`."""

    file_id: str
    name: str
    size_bytes: int
    sha256: str


class FileStore:
    """`file:{file_id}` holds {session_id, owner_id, name, size, sha256, data (base64)}, `files:{owner}` their ids."""

    def __init__(self, redis: Redis, settings: GatewaySettings) -> None:
        self._redis, self._settings = redis, settings

    async def put(self, session: Session, name: str, data: bytes) -> StoredFile:
        """Keep a package. Raises TooLarge, InvalidArguments (`invalid_zip`), Busy (`too_many_files`)."""
        if len(data) > self._settings.max_file_bytes:
            raise TooLarge(f"the file is larger than {self._settings.max_file_bytes} bytes; put it into S3 instead")
        await asyncio.to_thread(check_zip, data)
        index = f"files:{session.owner_id}"
        if await self._held(index) >= self._settings.max_files:
            raise Busy(
                f"{self._settings.max_files} files at most are kept at once, each for "
                f"{self._settings.file_keep_seconds // 3600} h; delete one, or put it into S3 instead",
                code="too_many_files",
            )
        stored = StoredFile(
            file_id=f"file_{secrets.token_hex(12)}",
            name=safe_name(name),
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        await self._write(session, stored, data, index)
        return stored

    async def delete(self, owner_id: str, file_id: str) -> None:
        """Forget a file now. Raises NotFound (`file_not_found`) where this owner has none of that id."""
        if not await self._redis.sismember(f"files:{owner_id}", file_id):
            raise NotFound("there is no such file; it was deleted, or is too old", code="file_not_found")
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(f"file:{file_id}")
        pipe.srem(f"files:{owner_id}", file_id)
        await pipe.execute()

    async def _held(self, index: str) -> int:
        """How many files there still are; those that are no more are taken out of the index."""
        names = [str(name) for name in await self._redis.smembers(index)]
        if not names:
            return 0
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.exists(f"file:{name}")
        gone = [name for name, there in zip(names, await pipe.execute(), strict=True) if not there]
        if gone:
            await self._redis.srem(index, *gone)
        return len(names) - len(gone)

    async def _write(self, session: Session, stored: StoredFile, data: bytes, index: str) -> None:
        fields: dict[Any, Any] = {
            "session_id": session.session_id,
            "owner_id": session.owner_id,
            "name": stored.name,
            "size": stored.size_bytes,
            "sha256": stored.sha256,
            "data": base64.b64encode(data).decode("ascii"),
        }
        pipe = self._redis.pipeline(transaction=True)
        pipe.hset(f"file:{stored.file_id}", mapping=fields)
        pipe.expire(f"file:{stored.file_id}", self._settings.file_keep_seconds)
        pipe.sadd(index, stored.file_id)
        pipe.expire(index, self._settings.file_keep_seconds)
        await pipe.execute()


def safe_name(name: str) -> str:
    """The last part of the client's file name, with every character replaced that is unsafe to display."""
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE_NAME.sub("_", last).strip(". ")[:128] or "package.zip"


def check_zip(data: bytes) -> None:
    """Read the whole archive once, within bounds. Raises InvalidArguments (`invalid_zip`) and BadRequest."""
    # `ZipFile` makes an object of each before it says how many there are. Archives inside the archive count too.
    if data.count(_ENTRY) > MAX_SIGNATURES:
        raise _invalid(f"has more than {MAX_ENTRIES} entries")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_directory(entries)
            for entry in entries:
                _read(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _invalid(f"is not a valid zip file ({error})") from None


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    if not any(not entry.is_dir() for entry in entries):
        raise _invalid("has no file in it")
    if len(entries) > MAX_ENTRIES:
        raise _invalid(f"has more than {MAX_ENTRIES} entries")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise _invalid(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes, which Lambda does not take")
    for entry in entries:
        parts = re.split(r"[/\\]", entry.filename)
        if entry.filename.startswith(("/", "\\")) or ".." in parts:
            raise _invalid("has an entry that points outside the package")
        if entry.flag_bits & 0x1:
            raise _invalid("is encrypted")
        if entry.compress_type not in _METHODS:
            raise _invalid("is packed by a method other than stored or deflated")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack one entry piece by piece: zipfile checks its checksum, and stops at its declared size."""
    with archive.open(entry) as file:
        while file.read(READ_BYTES):
            pass


def _invalid(what: str) -> BadRequest:
    return InvalidArguments(f"the package {what}", code="invalid_zip")
