"""`validate_policy`: whether a policy is valid, and what is wrong with it."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import paragraphs
from sandbox.model.policies.wording import findings, unwrapped
from sandbox.model.types import Focus, JsonObject


def _asked(clause: Focus) -> list[JsonObject]:
    asks = clause.has("validate") and not clause.has("explain")
    return [{"policy_json": text} for text in clause.policies] if asks else []


def _answer(result: JsonObject, _focus: Focus) -> str:
    verdict = f"The policy is {'valid' if result['valid'] else 'not valid'}." if "valid" in result else ""
    return paragraphs(verdict, unwrapped(result), findings(result))


TOOL = ReadTool(
    "validate_policy",
    answer=_answer,
    words={"validate": "validate, validates, valid, validation, lint, syntax, wellformed"},
    asked=_asked,
    order=2,
    free_form=True,
)
