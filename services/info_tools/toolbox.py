"""The informational agent's toolbox, in a module of its own so that every tool module can register in it."""

from __future__ import annotations

from shared.tools import Toolbox

toolbox = Toolbox("info")
