"""`explain_policy_with_claude`: what a policy allows, with its risks."""

from typing import Any

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import document, paragraphs
from sandbox.model.policies.wording import bullets, findings, reviewed, risks, unwrapped
from sandbox.model.types import Focus, JsonObject


def _answer(result: JsonObject, _focus: Focus) -> str:
    """Claude's explanation next to the deterministic findings."""
    statements = [_statement(number, each) for number, each in enumerate(result.get("statements") or [], 1)]
    suggested = result.get("suggested_policy")
    return paragraphs(
        unwrapped(result),
        str(result.get("summary") or ""),
        "Statement by statement:\n" + "\n".join(statements) if statements else "",
        risks(result),
        findings(result),
        bullets("Recommendations", result.get("recommendations")),
        "A narrower policy that was suggested:\n" + document(suggested) if suggested else "",
        reviewed(result),
    )


def _statement(number: int, statement: Any) -> str:
    if not isinstance(statement, dict):
        return f"{number}. {statement}"
    label = " ".join(str(part) for part in (statement.get("effect"), statement.get("sid")) if part)
    return f"{number}. {label + ': ' if label else ''}{statement.get('explanation', '')}"


TOOL = ReadTool(
    "explain_policy_with_claude",
    answer=_answer,
    words={
        "explain": "explain, explains, explanation, interpret, clarify, elaborate, meaning, mean, means, understand, "
        "decode, translate, walk, analyse, analyze, review, what does this, walk me through, break down this, "
        "make sense of, in plain english, in plain words, in simple terms, plain language, what would this, "
        "what will this, what is allowed by, what does the following, look over",
    },
    asked=lambda clause: [{"policy_json": text} for text in clause.policies],
    order=3,
    can="what an IAM policy you paste allows",
    free_form=True,
)
