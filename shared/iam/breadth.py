"""Whether a set of identity policies amounts to an administrator."""

from __future__ import annotations

from shared.iam.documents import CallerPolicies
from shared.messages import Finding


def administrator(identity: CallerPolicies) -> Finding | None:
    """Return why these policies make an administrator, naming the statements; None where they do not."""
    raise NotImplementedError
