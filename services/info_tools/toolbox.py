"""The informational agent's toolbox, apart from the tools so that each of their modules can register in it."""

from __future__ import annotations

from shared.tools import Toolbox

toolbox = Toolbox("info")
