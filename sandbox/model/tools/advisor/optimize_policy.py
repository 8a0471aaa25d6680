"""`optimize_policy`: a narrower policy for what it is meant for."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import document, paragraphs
from sandbox.model.policies.wording import bullets, findings, reviewed, unwrapped
from sandbox.model.types import Focus, JsonObject


def _asked(clause: Focus) -> list[JsonObject]:
    intent = " ".join(token.text for token in clause.tokens if token.kind == "word") or "least privilege"
    return [{"policy_json": text, "intent": intent} for text in clause.policies] if clause.has("optimize") else []


def _answer(result: JsonObject, _focus: Focus) -> str:
    suggested = result.get("suggested_policy") or result.get("policy") or result.get("optimized_policy")
    return paragraphs(
        unwrapped(result),
        str(result.get("summary") or ""),
        "Suggested policy:\n" + document(suggested) if suggested else "No narrower policy was suggested.",
        bullets("Changes", result.get("changes") or result.get("recommendations")),
        findings(result),
        reviewed(result),
    )


TOOL = ReadTool(
    "optimize_policy",
    answer=_answer,
    words={
        "optimize": "optimize, optimise, tighten, narrow, narrower, restrict, minimise, minimize, harden, improve, "
        "simplify, least privilege, narrow down, cut down, make stricter, less permissive, lock down",
    },
    asked=_asked,
    order=1,
    free_form=True,
)
