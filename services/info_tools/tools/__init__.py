"""The informational tools, a file per AWS service, found by themselves: importing this package fills `toolbox`.

A module that cannot be imported keeps the worker from starting.
"""

from services.info_tools.toolbox import toolbox
from shared.worker.discovery import import_all

import_all(__name__, __path__)

__all__ = ["toolbox"]
