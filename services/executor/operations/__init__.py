"""Everything the executor can change: a folder per AWS service, a file per operation, found by themselves.

A file declares one operation, named like it, with `@operation(...)`. What the operations of a service share (names,
what AWS says of a resource now, the facts a plan must know of the account) is in a module beside them.
A module that cannot be imported, or an undo that leads nowhere, keeps the executor from starting.

Door: `OPERATIONS`.
"""

from services.executor.registry.operations import OPERATIONS
from shared.worker.discovery import import_all

import_all(__name__, __path__)
OPERATIONS.check_inverses()

__all__ = ["OPERATIONS"]
