"""The account on disk: what a request changed is written before it is answered, and read again at the next start.

moto keeps everything in memory. Each of its backends (a service in a region) is pickled into a file of its own, and so
are the credentials that STS handed out, so that open sessions survive a restart. The files are the sandbox's own and
are written in one step. They are only read by the versions of Python and moto that wrote them.
"""

from __future__ import annotations

import copyreg
import io
import json
import logging
import marshal
import pickle
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import WeakValueDictionary

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

from sandbox.aws.iam.sessions import Sessions
from sandbox.aws.protocol.calls import Call
from shared.keys.private_files import write_private

logger = logging.getLogger(__name__)

Place = tuple[str, str, str]  # service, account, region

_WRITTEN_BY = {"format": 1, "moto": version("moto"), "python": list(sys.version_info[:2])}
_READS = ("Get", "List", "Describe", "Head", "Lookup", "Search", "Simulate", "BatchGet", "Query", "Scan", "Select")
# These take tens of milliseconds to write, and services that change only themselves leave them as they are.
_LARGE = frozenset({"ec2", "iam", "s3"})
_CHANGE_THEMSELVES = _LARGE | {"dynamodb", "kms", "lambda", "logs", "rds", "secretsmanager", "sns", "sqs", "ssm"}
_LOCKS = (type(threading.Lock()), type(threading.RLock()))


class KeptAccount:
    """Writes the account below a folder; without one it does nothing. The caller lets nobody change it meanwhile."""

    def __init__(self, directory: Path | None, sessions: Sessions) -> None:
        self._directory = directory
        self._sessions = sessions
        self._written: dict[Path, bytes] = {}

    def restore(self) -> bool:
        """Read the account as it was left. False where there is none, or another version wrote it."""
        if self._directory is None or not (self._directory / "complete").exists():
            return False
        if json.loads((self._directory / "complete").read_text()) != _WRITTEN_BY:
            logger.warning("the account of an earlier version of the sandbox cannot be read: it starts anew")
            return False
        try:
            self._read(self._directory)
        except (pickle.UnpicklingError, EOFError, ImportError, LookupError, AttributeError, TypeError, ValueError):
            # The machine lost power while a file was written.
            logger.exception("the account that was kept cannot be read: it starts anew")
            for backends in _all():
                backends.clear()
            return False
        return True

    def _read(self, directory: Path) -> None:
        files = {_place(file): file for file in directory.glob("[!.]*@*@*")}
        for service, account, region in files:
            # First all of them, empty: backends refer to each other.
            backends: Any = get_backend(service)  # type: ignore[call-overload]  # the name is not a literal
            backends[account][region] = backends.backend.__new__(backends.backend)
        for place, file in files.items():
            _find(place).__dict__.update(_Reader(io.BytesIO(file.read_bytes())).load())
        self._sessions.load(pickle.loads((directory / "sessions").read_bytes()))  # its own file

    def save_all(self) -> None:
        """Write everything."""
        if self._directory is None:
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._save({place[0] for place, _ in _in_use()}, None)
        self._save_sessions()
        self._write(self._directory / "complete", json.dumps(_WRITTEN_BY).encode())

    def save_last(self) -> None:
        """Write what reads have changed, such as when a role was last used."""
        if self._directory is not None:
            self._save({place[0] for place, _ in _in_use()} - {"ec2"}, None)

    def save_region(self, region: str) -> None:
        """Write what moto made of EC2 in a region when it was first used: a network, images."""
        if self._directory is not None:
            self._save({"ec2"}, region)

    def save(self, call: Call, account: str) -> None:
        """Write what a call in an account may have changed; nothing where its name says that it only reads."""
        if self._directory is None:
            return
        if call.service == "sts":
            self._save_sessions()
        elif call.service != "cloudcontrol" and not call.operation.startswith(_READS):  # its handlers' calls change
            alone = call.service in _CHANGE_THEMSELVES
            services = {place[0] for place, _ in _in_use()} - ((_LARGE - {call.service}) if alone else set())
            self._save(services, call.region if alone else None, account)

    def _save(self, services: set[str], region: str | None, account: str | None = None) -> None:
        """Write the backends of these services, only those of `region` and `account` where one is given."""
        assert self._directory is not None
        places = {id(backend): place for place, backend in _in_use()}
        for place, backend in _in_use():
            if place[0] not in services or (region not in (None, place[2]) and place[2] != "aws"):
                continue
            if account not in (None, place[1]):
                continue
            try:
                self._write(self._directory / "@".join(place), _pickled(backend, places))
            except (TypeError, AttributeError, pickle.PicklingError) as error:
                # A thread in it, say. The others are kept.
                logger.warning("%s in %s is not kept over a restart: %s", place[0], place[2], error)

    def _save_sessions(self) -> None:
        assert self._directory is not None
        self._write(self._directory / "sessions", pickle.dumps(self._sessions.unexpired()))

    def _write(self, path: Path, content: bytes) -> None:
        """Replace a file in one step, and only if its content is new."""
        if self._written.get(path) == content:
            return
        write_private(path, content)
        self._written[path] = content


def _all() -> list[BackendDict[Any]]:
    return list(BackendDict._instances)  # type: ignore[misc]  # of every service that is in use


def _in_use() -> Iterator[tuple[Place, BaseBackend]]:
    for backends in _all():
        for account, regions in list(backends.items()):
            for region, backend in list(regions.items()):
                yield (backends.service_name, account, region), backend


def _place(file: Path) -> Place:
    service, account, region = file.name.split("@")
    return service, account, region


def _find(place: Place) -> BaseBackend:
    service, account, region = place
    backends: Any = get_backend(service)  # type: ignore[call-overload]  # the name is not a literal
    backend: BaseBackend = backends[account][region]
    return backend


def _pickled(backend: BaseBackend, places: dict[int, Place]) -> bytes:
    stream = io.BytesIO()
    _Writer(stream, places).dump(backend.__dict__)
    return stream.getvalue()


class _Writer(pickle.Pickler):
    """Writes one backend's fields; other backends by their place, and what only lives in memory as a fresh one."""

    def __init__(self, stream: io.BytesIO, places: dict[int, Place]) -> None:
        super().__init__(stream, protocol=pickle.HIGHEST_PROTOCOL)
        self._places = places

    def persistent_id(self, value: Any) -> Place | None:
        return self._places.get(id(value)) if isinstance(value, BaseBackend) else None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, _LOCKS):
            return type(value), ()
        if isinstance(value, FunctionType) and "<locals>" in value.__qualname__ and value.__closure__ is None:
            return _function, (marshal.dumps(value.__code__), value.__module__)
        if isinstance(value, RSAPrivateKey | EllipticCurvePrivateKey):
            secret = value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return _private_key, (secret,)
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            # Made anew from its fields: pickle would call its class with the factory alone.
            state = (vars(value), {"default_factory": value.default_factory})
            make = copyreg.__newobj__  # type: ignore[attr-defined]  # typeshed lacks it
            return make, (type(value),), state, None, iter(value.items())
        if isinstance(value, WeakValueDictionary):
            return WeakValueDictionary, (), None, None, iter(value.items())
        return NotImplemented


def _function(code: bytes, module: str) -> FunctionType:
    """A function without a closure, such as the factory of a defaultdict."""
    return FunctionType(marshal.loads(code), vars(import_module(module)))  # the sandbox's own file


def _private_key(secret: bytes) -> PrivateKeyTypes:
    return load_der_private_key(secret, None)


class _Reader(pickle.Unpickler):
    def persistent_load(self, place: Place) -> BaseBackend:
        return _find(place)
