"""Where AWS's own console shows what a step made or changed. Only for resources whose address there is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from shared.plans.step import Step

_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True, slots=True)
class ConsoleLink:
    """A link into AWS's console."""

    name: str
    address: str


def _bucket(host: str, region: str, name: str) -> str:
    return f"https://{host}/s3/buckets/{quote(name, safe='')}"


def _iam(host: str, region: str, name: str) -> str:
    kind, _, rest = name.partition("/")
    return f"https://{host}/iam/home#/{kind}s/details/{quote(rest.rpartition('/')[2], safe='')}"


def _function(host: str, region: str, name: str) -> str:
    return f"https://{region}.{host}/lambda/home?region={region}#/functions/{quote(name.partition(':')[2], safe='')}"


# By service and the beginning of the resource, as ARNs have them.
_PAGES: Mapping[tuple[str, str], Callable[[str, str, str], str]] = {
    ("s3", ""): _bucket,
    ("iam", "role/"): _iam,
    ("iam", "user/"): _iam,
    ("lambda", "function:"): _function,
}


def console_links(step: Step) -> tuple[ConsoleLink, ...]:
    """Links to the step's resources once it is done; what it deleted has none."""
    if step.status != "done":
        return ()
    found = (_link(arn) for arn in step.resources)
    return tuple(dict.fromkeys(link for link in found if link))


def _link(arn: str) -> ConsoleLink | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or "*" in arn:
        return None
    _, partition, service, region, _, resource = parts
    host = _HOSTS.get(partition)
    page = next((make for (of, begins), make in _PAGES.items() if of == service and resource.startswith(begins)), None)
    if host is None or page is None or (service == "s3" and "/" in resource):
        return None
    return ConsoleLink(arn, page(host, region, resource))
