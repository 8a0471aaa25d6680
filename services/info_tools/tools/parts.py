"""The internal tool with which one worker reads a part of another one's call (`services/info_tools/sharing`)."""

from __future__ import annotations

from pydantic import JsonValue

from services.info_tools.parallel import MAX_PARALLEL, in_parallel
from services.info_tools.sharing.kinds import kind_named
from services.info_tools.sharing.outcomes import CoveredPart, PartAnswer, packed
from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.messages import Effect
from shared.tools import typed_arguments


@toolbox.tool(effect=Effect.READ, internal=True, over_accounts=False, timeout=120)
def read_part(
    aws: Aws, kind: str, arguments: dict[str, JsonValue], items: list[JsonValue], account: str | None = None
) -> PartAnswer:
    """Read a part of what another worker's call reads, for that worker to put together with the rest.

    Args:
        kind: What is read: a name of services/info_tools/sharing/kinds.py.
        arguments: Of that kind.
        items: The regions, buckets or accounts to read.
        account: The account to read in, where the call is about several.
    """
    known = kind_named(kind)
    its = aws.of_account(account) if account else aws
    read = known.make(its, **typed_arguments(known.arguments, arguments, f"{kind}: "))
    read_of = in_parallel(its, [known.item.validate_python(item) for item in items], read, MAX_PARALLEL)
    answer = PartAnswer(
        outcomes=packed(known, [outcome for _, outcome in read_of]),
        gaps=tuple(aws.gaps),
        covered=CoveredPart.of(aws.covered),
    )
    # They are the call's gaps, told by the worker that answers it.
    aws.gaps.clear()
    return answer
