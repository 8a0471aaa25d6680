"""`summarize_aws_usage`: an overview of the account, from its parts where they are offered."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import objects_of, paragraphs, rows
from sandbox.model.tools.account.get_cost_summary import TOOL as COST
from sandbox.model.tools.ec2.list_ec2_instances import TOOL as INSTANCES
from sandbox.model.tools.iam.list_iam_roles import TOOL as ROLES
from sandbox.model.tools.lambda_.list_lambda_functions import TOOL as FUNCTIONS
from sandbox.model.tools.s3.get_s3_usage import TOOL as STORAGE
from sandbox.model.types import Focus, JsonObject

_PARTS = {"s3": STORAGE, "ec2": INSTANCES, "lambda": FUNCTIONS, "iam": ROLES}  # by their key in the result


def _asked(clause: Focus) -> list[JsonObject]:
    if clause.has("inventory") and not clause.named:
        return [{}]
    if clause.topics - {"summary", "identity"} or any(each.kind for each in clause.named):
        return []
    if clause.has("summary", "inventory"):
        return [{}]
    scope = clause.has("account") or clause.says("aws", "everything", "cloud", "infrastructure", "resources")
    asks = clause.has("usage", "count", "list", "total") or clause.says(
        "running", "have", "everything", "going", "look", "looks", "looking", "doing", "status", "state", "shape"
    )
    return [{}] if scope and asks else []


def _answer(result: JsonObject, focus: Focus) -> str:
    """One line per service that it could read, and the costs."""
    read = [(part, result[key]) for key, part in _PARTS.items() if result.get(key)]
    lines = [f"{part.title}: {part.headline(of_part)}" for part, of_part in read if part.headline]
    text = "Your AWS usage:\n\n" + rows(lines)
    flagged = [line for each in objects_of(result, "services") for line in _attention(each)]
    counted = [_counted(each) for each in objects_of(result, "services") if each.get("count")]
    none = sum(1 for each in objects_of(result, "services") if not each.get("count"))
    return paragraphs(
        text,
        f"Needs attention:\n{rows(flagged)}" if flagged else "",
        f"Other resources:\n{rows(counted)}" if counted else "",
        f"Looked for and not there: {none} more kinds of resources." if none else "",
        COST.tell(result["cost"], focus) if result.get("cost") else "",
    )


def _counted(kind: JsonObject) -> str:
    """ "rds database instances: 2 (us-east-1 1, eu-west-1 1), storage_gib 150"."""
    regions = ", ".join(f"{region} {count}" for region, count in (kind.get("by_region") or {}).items())
    states = ", ".join(f"{count} {state}" for state, count in (kind.get("by_state") or {}).items())
    figures = [f"{name} {value}" for name, value in (kind.get("figures") or {}).items()]
    told = [f"{kind.get('service')} {kind.get('resource')}: {kind.get('count')}{f' ({regions})' if regions else ''}"]
    return ", ".join([*told, *([states] if states else []), *figures])


def _attention(kind: JsonObject) -> list[str]:
    """ "1 of cloudwatch alarms firing: order-notifier-errors (us-east-1)"."""
    lines = []
    for flag in objects_of(kind, "attention"):
        examples = [str(each) for each in flag.get("examples") or []]
        count = flag.get("count")
        more = f" and {count - len(examples)} more" if isinstance(count, int) and count > len(examples) else ""
        lines.append(
            f"{kind.get('service')} {kind.get('resource')}: {count} {flag.get('what')}: {', '.join(examples)}{more}"
        )
    return lines


TOOL = ReadTool(
    "summarize_aws_usage",
    answer=_answer,
    topics=("summary", "inventory"),
    words={
        "summary": "summary, summaries, summarize, summarise, summarizing, summarising, overview, report, recap, "
        "rundown, digest, snapshot_of, inventory, roundup, synopsis, breakdown, dashboard, big picture, "
        "state of my account, state of the account, state of my aws, sum up, run down, sum it up, give me the gist, "
        "at a glance, bird's eye view, what is in my account, what is in the account, what do i have in aws, "
        "what do i have in my account, what is going on in, what am i using, health of my, everything i have, "
        "everything i use, all my resources, what resources do i have, what resources, what do i have running, "
        "what is in use, tour of my, status of my account, status of my aws, lay of the land, using aws for, "
        "what do we have in aws, what am i running in aws, what i have running, what i have in aws, "
        "what i use in aws, wrap up of, run me through my",
        "inventory": "resource inventory, full inventory, all services, every service, all kinds of resources, "
        "count everything, count all resources, needs attention, need attention, needs my attention, orphaned, wasted, "
        "waste, wasting, unused resources, idle resources, what expires soon, what is firing, what is unattached",
    },
    asked=_asked,
    order=30,
    parts=(STORAGE, INSTANCES, FUNCTIONS, ROLES, COST),
    whole=("inventory",),
    tells=lambda _: "an overview of the account",
    heeds=("states", "compute", "resources", "problem", "wrong", "inventory", "other", "idle"),
    can="your usage in sum",
)
