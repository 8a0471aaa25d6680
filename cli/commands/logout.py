"""`assistant logout`: ends the session, with its credentials at the gateway, and forgets the token."""

from __future__ import annotations

import typer

from cli.errors import NoSession, Unreachable
from cli.options import Address, CaFile, PlainHttp, invocation_of


def add(app: typer.Typer) -> None:
    app.command()(logout)


def logout(
    context: typer.Context, address: Address = None, ca_file: CaFile = None, plain_http: PlainHttp = False
) -> None:
    """End the session: the gateway deletes its credentials at once, and the token is forgotten here."""
    invocation = invocation_of(context)
    gateway = invocation.gateway
    try:
        gateway.delete("/v1/sessions/current")
        invocation.say("the session has ended, and its credentials are deleted")
    except NoSession:
        invocation.say("the session had ended already")
    except Unreachable as error:
        raise Unreachable(
            f"{error.message}; the token is forgotten here, and the session ends by itself when its time is over",
            do=error.do,
            code=error.code,
        ) from None
    finally:
        invocation.tokens.forget(gateway.address)
