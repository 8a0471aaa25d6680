"""Options that many commands share, each declared once.

The callback of an option writes its value into the `Invocation` of this run, and that is where it is read. A command
has the option as a parameter so that it may also stand behind the command's name: `assistant plans --json`.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.terminal.invocation import Format, Invocation


def invocation_of(context: typer.Context) -> Invocation:
    """The run that a command belongs to."""
    found = context.find_object(Invocation)
    assert found is not None
    return found


def _sets(name: str, to: object = None) -> Any:
    """A callback that writes an option's value into the invocation: as it was given, or `to` in its place."""

    def set_it(context: typer.Context, value: Any) -> Any:
        found = context.find_object(Invocation)
        if found is not None and value not in (None, False):
            setattr(found, name, value if to is None else to)
        return value

    return set_it


Json = Annotated[
    bool, typer.Option("--json", help="Answer with JSON, as REST answers.", callback=_sets("format", to="json"))
]
Output = Annotated[
    Format | None, typer.Option("--output", "-o", help="How to answer.", callback=_sets("format"), show_default=False)
]
Address = Annotated[
    str | None,
    typer.Option("--gateway", metavar="URL", help="The gateway's address.", callback=_sets("address")),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the answer.", callback=_sets("quiet"))]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours.", callback=_sets("no_color"))]
CaFile = Annotated[
    str | None,
    typer.Option("--ca-file", metavar="FILE", help="Certificates to trust as well.", callback=_sets("ca_file")),
]
PlainHttp = Annotated[
    bool,
    typer.Option(
        "--plain-http",
        envvar="ASSISTANT_PLAIN_HTTP",
        help="Allow an http:// address of another machine.",
        callback=_sets("plain_http"),
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")]
