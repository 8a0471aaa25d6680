"""Evaluates JMESPath expressions in child processes: one process each, killed when it takes too long."""

from __future__ import annotations

from shared.evaluation import expression as expressions
from shared.evaluation.children import Children, Limits
from shared.evaluation.process import TooCostly

_CODES = {"invalid_path": expressions.invalid, "path_too_costly": expressions.too_costly}


class Evaluator:
    """One per process. After `start` the next child is there before it is needed."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.children = Children("shared.evaluation.child", self.limits)

    async def start(self) -> None:
        """Start the first child."""
        await self.children.start()

    async def stop(self) -> None:
        """End the child that waits."""
        await self.children.stop()

    async def search(self, expression: str, document: bytes) -> bytes:
        """What the expression selects of the document, both as JSON.

        Raises BadRequest (`invalid_path`, `path_too_costly`), Busy (`too_many_evaluations`) and Unavailable.
        """
        expressions.check(expression)
        request = {"expression": expression, "result_bytes": self.limits.result_bytes}
        try:
            failed, result = await self.children.ask(request, [document])
        except TooCostly as error:
            raise expressions.too_costly(str(error)) from None
        if failed:
            raise _CODES[failed["error"]](failed["detail"])
        return result
