"""`assistant open`: the web page, with this session, by a link that works once."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from cli.gateway import addresses
from cli.options import Address, CaFile, Json, PlainHttp, invocation_of


def add(app: typer.Typer) -> None:
    app.command("open")(open_page)


def open_page(
    context: typer.Context,
    print_link: Annotated[bool, typer.Option("--print", help="Print the link instead of opening it.")] = False,
    address: Address = None,
    ca_file: CaFile = None,
    plain_http: PlainHttp = False,
    json: Json = False,
) -> None:
    """Open the web page with this session, by a link that works once, within two minutes, for whoever opens it."""
    invocation = invocation_of(context)
    gateway = invocation.gateway
    # The gateway keeps no link that it could answer with again, and one that is lost ends by itself.
    made = gateway.post("/v1/sessions/current/link", once=False)
    # Among containers the gateway goes by a name that no browser knows; it then says where its page is.
    page = addresses.checked(str(made.get("page") or gateway.address), plain_http=True)
    link = page + str(made["path"])
    if invocation.format == "json":
        invocation.json(made | {"link": link})
    elif print_link:
        invocation.show(link)
    elif webbrowser.open(link):
        invocation.say(f"opened {page} in your browser")
    else:
        invocation.say("there is no browser here; open this on a machine that reaches it, within two minutes:")
        invocation.show(link)
