"""The command line: `assistant COMMAND`, or `python -m cli COMMAND` in a checkout."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence

from cli.app import app
from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.terminal.invocation import Invocation


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The exit codes are those of `cli.exit_codes`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal whose encoding lacks a character shows its code; the command does not end by it.
            stream.reconfigure(errors="backslashreplace")
    invocation = Invocation()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="assistant", obj=invocation)
    except CliError as error:
        _tell(invocation, error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return int(ExitCode.OK)


def run() -> None:
    """The entry point of the installed command."""
    sys.exit(main())


def _tell(invocation: Invocation, error: CliError) -> None:
    """Say what went wrong, under `--json` as one object on standard error."""
    if invocation.format == "json":
        sys.stderr.write(json.dumps(error.as_json(), ensure_ascii=True) + "\n")
        return
    invocation.tell_error(error)


if __name__ == "__main__":
    run()
