"""The model provider: it answers, speaks the protocol, takes the key and has the model."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from urllib.parse import quote

from cli.doctor.checks.clock import judged
from cli.doctor.finding import Finding, Findings
from cli.doctor.http import Answer, Unreachable, ask
from cli.doctor.situation import Situation

make = Findings("model")

DEFAULT_MODEL = "gpt-4-turbo"


def check(situation: Situation) -> Iterator[Finding]:
    """Ask for the list of models, as any OpenAI-compatible server has one; nothing is generated."""
    url = situation.model_url
    if url is None:
        yield make.skipped("the model is the sandbox's, and it does not run here")
        return
    key, model = situation.setting("OPENAI_API_KEY"), situation.setting("OPENAI_MODEL") or DEFAULT_MODEL
    base = url.rstrip("/")
    try:
        answer = ask(f"{base}/models", _headers(key))
    except Unreachable as error:
        yield make.failure(
            f"the model provider at {base} does not answer: {error}", "check OPENAI_BASE_URL and the network"
        )
        return
    if answer.header("x-sandbox"):
        yield make.ok(f"the model is the sandbox's ({base})")
    elif answer.ahead is not None:
        yield from judged(answer.ahead, base)
    yield _judged(answer, base, key, model)


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key or 'not-needed'}", "Accept": "application/json"}


def _judged(answer: Answer, base: str, key: str | None, model: str) -> Finding:
    body = answer.json()
    if answer.status in (401, 403) and isinstance(body, dict):
        given = "OPENAI_API_KEY" if key else "no key, because OPENAI_API_KEY is not set"
        return make.failure(f"{base} does not accept {given}", "set OPENAI_API_KEY to a key of this provider")
    if answer.status == 429:
        return make.failure(
            f"{base} answers 429: a rate limit or the quota is reached", "look at the provider's account"
        )
    listed = body.get("data") if isinstance(body, dict) else None
    if answer.status == 404 and isinstance(body, dict):
        hint = "" if base.endswith("/v1") else f"; most servers want OPENAI_BASE_URL={base}/v1"
        return make.warning(
            f"{base} has no list of models (404), so the model was not checked", f"ask a question{hint}"
        )
    if answer.status >= 500 and isinstance(body, dict):
        return make.failure(f"{base} fails ({answer.status})", "try again later, or look at the server's log")
    if not isinstance(listed, list):
        where = answer.header("location")
        seen = (
            f"a redirect to {where}"
            if where
            else f"{answer.header('content-type') or 'something'}, not the list of models"
        )
        return make.failure(
            f"{base} is no OpenAI-compatible server: it answers {answer.status} with {seen}",
            "check OPENAI_BASE_URL; behind a hotel's or company's login page, log in or set HTTPS_PROXY first",
        )
    names = [str(one.get("id")) for one in listed if isinstance(one, dict)]
    if model in names or _has(base, key, model):
        return make.ok(f"{base} takes the key and has the model {model}")
    near = difflib.get_close_matches(model, names, n=3, cutoff=0.4)
    offered = ", ".join(near or names[:5]) or "none"
    return make.failure(
        f"{base} does not have the model {model!r} for this key", f"set OPENAI_MODEL to one that it has: {offered}"
    )


def _has(base: str, key: str | None, model: str) -> bool:
    """A server may have models that it does not list."""
    try:
        answer = ask(f"{base}/models/{quote(model, safe='')}", _headers(key))
    except Unreachable:
        return False
    body = answer.json()
    return answer.status == 200 and isinstance(body, dict) and body.get("id") == model
