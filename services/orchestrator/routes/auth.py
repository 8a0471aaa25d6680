"""Who is calling: the bearer token of a session, as a FastAPI dependency."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.orchestrator.gateway import Gateway, get_gateway
from services.orchestrator.http.limits import charge, current_window, take
from services.orchestrator.sessions.renewal import renew_if_due
from services.orchestrator.sessions.session import Session
from shared.errors import Unauthenticated
from shared.keys.sealed_values import ValueKey, key_of

BEARER = HTTPBearer(auto_error=False, scheme_name="session", description="The token of `POST /v1/sessions`.")


async def require_session(
    request: Request,
    presented: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Session:
    """The session of the request. Raises Unauthenticated, and Busy over the session's requests in a minute."""
    # Not as a dependency of its own, which FastAPI would look through again wherever a session is asked for.
    gateway = await get_gateway(request)
    if presented is None or not presented.credentials:
        raise Unauthenticated("this needs the header `Authorization: Bearer TOKEN`; open a session for a token")
    window, limit = current_window(), gateway.settings.requests_per_minute
    if not limit:
        return await admitted(request, gateway, await gateway.sessions.find(presented.credentials))
    session, count = await gateway.sessions.enter(presented.credentials, window)
    request.state.session_id = session.session_id
    if count is not None:
        charge(request, count, limit, window)
    return await renew_if_due(gateway.redis, gateway.dispatcher, gateway.settings, session)


def key_of_values(presented: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> ValueKey:
    """What opens the values that were sealed for the session of the request's token; only while it is presented."""
    return key_of(presented.credentials if presented else "")


async def admitted(request: Request, gateway: Gateway, session: Session) -> Session:
    """The session of a request that showed whose it is, renewed where that is due. Raises Busy (`rate_limited`)."""
    # For the audit, where the request is denied.
    request.state.session_id = session.session_id
    await take(request, gateway.redis, session.session_id, gateway.settings.requests_per_minute)
    return await renew_if_due(gateway.redis, gateway.dispatcher, gateway.settings, session)


CurrentValueKey = Annotated[ValueKey, Depends(key_of_values)]
CurrentSession = Annotated[Session, Depends(require_session)]
