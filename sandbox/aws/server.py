"""Starts moto's server behind the front door, seeds the account and says when it is ready."""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.aws.account.keys import Keys, write_state
from sandbox.aws.account.organization import members
from sandbox.aws.account.seed import seed, warm_up_regions
from sandbox.aws.front_door import FrontDoor, Options
from sandbox.aws.iam.accounts import Accounts
from sandbox.aws.iam.identities import Identities
from sandbox.aws.moto.patches import ACCOUNT_ID, apply_patches
from sandbox.aws.request_log import RequestLog

WARM_UP_AFTER_SECONDS = 5.0


class _QuietHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests go to the sandbox's own log."""


@dataclass
class SandboxAws:
    """A running double."""

    server: BaseWSGIServer
    door: FrontDoor
    endpoint: str
    keys: Keys

    def stop(self) -> None:
        """Stop answering, and keep what there is."""
        self.door.end()
        self.server.shutdown()
        self.server.server_close()


def start(
    host: str,
    port: int,
    keys: Keys,
    *,
    state: Path | None = None,
    endpoint: str | None = None,
    log: Path | None = None,
    kept: Path | None = None,
    options: Options | None = None,
) -> SandboxAws:
    """Start the double in this process and return when it is seeded; `port` 0 picks a free one.

    With `kept`, a folder, the account and the credentials of STS outlive the process.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    options = options or Options()
    apply_patches(options.roles_quota)
    identities = Identities(ACCOUNT_ID, (keys.root.access_key_id, keys.root.secret_access_key))
    door = FrontDoor(
        DomainDispatcherApplication(create_backend_app),
        Accounts(identities, [one.account for one in members()]),
        RequestLog(log),
        options,
        keys.admin.access_key_id,
        kept,
    )
    server = make_server(host, port, door, threaded=True, request_handler=_QuietHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]  # ThreadingMixIn's: do not wait for idle clients
    threading.Thread(target=server.serve_forever, name="aws-double", daemon=True).start()
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    local = f"http://{reachable}:{server.server_port}"
    door.begin(lambda: seed(keys, door, local, door.history.add))
    if state is not None:
        write_state(state, endpoint or local, keys)
    door.ready = True  # after the state: who waits for the double reads the keys of its users next
    # Later, since it takes a second of CPU that everything else needs now, which starts beside it.
    warm_up = threading.Timer(WARM_UP_AFTER_SECONDS, warm_up_regions, (door.keep_region,))
    warm_up.daemon = True
    warm_up.start()
    return SandboxAws(server, door, local, keys)
