"""`docs/findings.md` names every code of a finding: the linter's from its table, a plan's from the code."""

from __future__ import annotations

import ast
from pathlib import Path

from scripts import finding_codes
from shared.iam.lint.codes import CODES

SERVICES = Path(__file__).resolve().parents[2] / "services"
PAGE = finding_codes.PAGE.read_text(encoding="utf-8")


def codes_of_plans() -> set[str]:
    """The codes of all `Finding(code="…")` in the services."""
    found = set()
    for file in SERVICES.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Finding":
                named = {keyword.arg: keyword.value for keyword in call.keywords}
                if isinstance(code := named.get("code"), ast.Constant):
                    found.add(str(code.value))
    return found


def test_the_table_is_fresh() -> None:
    assert finding_codes.page() == PAGE, "run `make findings`"


def test_every_code_of_a_plan_is_on_the_page() -> None:
    found = codes_of_plans()
    assert len(found) >= 6
    assert not found & set(CODES)
    assert {code for code in found if f"| `{code}` |" not in PAGE} == set()


def test_no_code_of_the_linter_is_written_by_hand_elsewhere() -> None:
    linter = Path(finding_codes.__file__).parents[1] / "shared/iam/lint"
    text = "".join(file.read_text(encoding="utf-8") for file in linter.glob("*.py") if file.name != "codes.py")
    assert {code for code in CODES if f'"{code}"' not in text} == {"not_a_policy", "not_strict_json"}
