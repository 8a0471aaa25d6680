"""`validate_policy`: whether a policy is valid, and what is wrong with it."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import paragraphs
from sandbox.model.policies.wording import findings, reviewed, risks
from sandbox.model.types import Focus, JsonObject


def _asked(clause: Focus) -> list[JsonObject]:
    asks = clause.has("validate") and not clause.has("explain")
    return [{"policy_json": text, "kind": _kind(text)} for text in clause.policies] if asks else []


def _kind(text: str) -> str:
    return "trust" if '"Principal"' in text and "sts:AssumeRole" in text else "identity"


def _answer(result: JsonObject, _focus: Focus) -> str:
    verdict = f"The policy is {'valid' if result['valid'] else 'not valid'}." if "valid" in result else ""
    return paragraphs(verdict, str(result.get("summary") or ""), findings(result), risks(result), reviewed(result))


TOOL = ReadTool(
    "validate_policy",
    answer=_answer,
    words={"validate": "validate, validates, valid, validation, lint, syntax, wellformed"},
    asked=_asked,
    order=2,
    free_form=True,
)
