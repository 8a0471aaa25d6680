"""Everything that the page of a plan shows, from its record as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from services.orchestrator.plans.cloudformation.export import regions_of
from services.orchestrator.web.views.plan.alerts import Alert, alerts_of
from services.orchestrator.web.views.plan.graph import Graph, graph_of
from services.orchestrator.web.views.plan.narrower import Narrower, narrower_of
from services.orchestrator.web.views.plan.steps import StepShown, steps_shown
from shared.plans.digest import unknown_fields
from shared.plans.page.actions import Name, actions
from shared.plans.page.costs import total
from shared.plans.page.page import limits_in_words, plan_page, why_it_ended
from shared.plans.page.steps import on_failure, order
from shared.plans.page.words import REGION_SOURCES, REVIEW_NEEDED, STATUS, VERDICTS
from shared.plans.plan import PLAN_ENDS, Plan
from shared.text.plain import named, quoted, seen

# Titles in the first line; the steps below have all.
MAX_TITLES = 3
_RUNS = ("approved", "running", "undoing")


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan's page. `plan` is its record, the rest is in words or in the order in which people read."""

    plan: Plan
    headline: str
    where: str
    status: str
    region_source: str
    why: str
    order: str
    on_failure: str
    cost: str
    limits: str
    verdict: str
    review_needed: str
    incomplete: bool
    alerts: tuple[Alert, ...]
    steps: tuple[StepShown, ...]
    graph: Graph | None
    narrower: Narrower | None
    can: frozenset[Name]
    decided_by: tuple[str, ...]

    @property
    def readers(self) -> tuple[StepShown, ...]:
        """The steps that read a value for the person alone."""
        return tuple(one for one in self.steps if one.change == "read")

    @property
    def to_acknowledge(self) -> tuple[Alert, ...]:
        return tuple(one for one in self.alerts if one.finding_id is not None)

    @property
    def grave(self) -> tuple[Alert, ...]:
        """What is not to be acknowledged one by one, and yet stands before the steps."""
        return tuple(one for one in self.alerts if one.finding_id is None and one.weight in ("high", "medium"))

    @property
    def mild(self) -> tuple[Alert, ...]:
        return tuple(one for one in self.alerts if one.finding_id is None and one.weight not in ("high", "medium"))

    @property
    def text(self) -> str:
        """The page of the plan in text. Only a whole page shows it: what the stream sends does not."""
        return plan_page(self.plan)

    @property
    def templates(self) -> tuple[tuple[str, str], ...]:
        """The addresses of its CloudFormation templates, one a region, each with what it is called."""
        regions = regions_of(self.plan)
        called = "As CloudFormation" if len(regions) < 2 else "As CloudFormation for {}"
        address = f"/plans/{self.plan.plan_id}/cloudformation?region="
        return tuple((f"{address}{quote(region, safe='')}", called.format(region)) for region in regions)

    @property
    def is_running(self) -> bool:
        return self.plan.status in _RUNS

    @property
    def has_ended(self) -> bool:
        return self.plan.status in PLAN_ENDS


def plan_shown(plan: Plan, before: Plan | None = None, *, sandbox: bool, decided_by: tuple[str, ...] = ()) -> PlanShown:
    """What the page shows; `before` is the plan of which this one is the edited form, `decided_by` are ARNs."""
    alerts, review = alerts_of(plan), plan.review
    return PlanShown(
        plan=plan,
        headline=headline(plan),
        where=_where(plan, sandbox=sandbox),
        status=STATUS[plan.status],
        region_source=REGION_SOURCES[plan.identity.region_source],
        why=why_it_ended(plan),
        order=order(plan.steps) if len(plan.steps) > 1 else "",
        on_failure=on_failure(plan),
        cost=total(step.cost for step in plan.steps),
        limits=limits_in_words(plan) if plan.limits else "",
        verdict=VERDICTS[review.verdict] if review and review.verdict else "no verdict",
        review_needed=REVIEW_NEEDED[plan.review_needed] if plan.review_needed else "",
        incomplete=bool(unknown_fields(plan)),
        alerts=alerts,
        steps=steps_shown(plan, before, with_console=not sandbox),
        graph=graph_of(plan.steps),
        narrower=narrower_of(plan),
        can=frozenset(action.name for action in actions(plan)),
        decided_by=decided_by,
    )


def headline(plan: Plan) -> str:
    """What changes, in words: the steps' own titles."""
    titles = [seen(step.title) for step in plan.steps]
    shown, more = titles[:MAX_TITLES], len(titles) - MAX_TITLES
    if more > 0:
        shown.append(f"and {more} more {'steps' if more > 1 else 'step'}")
    return "; ".join([shown[0], *(title[:1].lower() + title[1:] for title in shown[1:])])


def _where(plan: Plan, *, sandbox: bool) -> str:
    called = f" ({quoted(plan.identity.account_name)})" if plan.identity.account_name else ""
    at = f"in account {named(plan.identity.account)}{called}, {named(plan.identity.region)}"
    return f"{at} (a sandbox: no real AWS account is changed)" if sandbox else f"{at}, for real"
