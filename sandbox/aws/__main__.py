"""`python -m sandbox.aws`: the AWS double as a process."""

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from shared import startup


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--state", type=Path, required=True, help="where to write endpoint and keys")
    parser.add_argument("--session", type=Path, help="where to write the body of POST /v1/sessions for its user")
    parser.add_argument("--endpoint", help="the URL to write into the state file, if others reach it elsewhere")
    parser.add_argument("--log", type=Path, help="write one JSON line per request to this file")
    parser.add_argument(
        "--keep", type=Path, help="a folder where the account is kept; without it a restart starts anew"
    )
    arguments = parser.parse_args()

    from sandbox.aws.moto.patches import configure

    configure()  # before anything imports moto
    from sandbox.aws.account.keys import load_keys
    from sandbox.aws.front_door import Options
    from sandbox.aws.server import start
    from sandbox.session_body import write_session_body

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    options = Options(
        role_delay_seconds=float(os.environ.get("SANDBOX_ROLE_DELAY_SECONDS", "2")),
        minimum_session_seconds=int(os.environ.get("SANDBOX_MIN_SESSION_SECONDS", "900")),
        roles_quota=int(os.environ.get("SANDBOX_ROLES_QUOTA", "1000")),
        slow_types=os.environ.get("SANDBOX_SLOW_TYPES", ""),
        event_delay_seconds=float(os.environ.get("SANDBOX_EVENT_DELAY_SECONDS", "300")),
    )
    double = start(
        arguments.host, arguments.port, load_keys(arguments.state),
        state=arguments.state, endpoint=arguments.endpoint, log=arguments.log, kept=arguments.keep, options=options,
    )  # fmt: skip
    if arguments.session:
        write_session_body(arguments.state, arguments.session)
    startup.end()
    print(f"AWS double ready at {double.endpoint}", flush=True)
    stopping.wait()
    double.stop()
    sys.stdout.flush()
    os._exit(0)  # taking moto's objects apart one by one takes over a second


if __name__ == "__main__":
    main()
