"""One loader of AWS's service models for all of this process, so that each model is read once."""

from __future__ import annotations

import botocore.session
from moto.core import loaders, utils


def share_loader() -> None:
    """Patch botocore and moto, before moto's services are imported.

    Each session, and moto for each service, would make a loader of its own, which lists the folders of all services and
    reads the models again: EC2's, of 70 ms, six times at the start. moto's loader adds to a model what moto needs, and
    botocore's clients pass over that.
    """
    loader = loaders.create_loader()
    for owner, create in (
        (loaders, lambda: loader),
        (utils, lambda: loader),
        (botocore.session, lambda _search_path=None: loader),
    ):
        setattr(owner, "create_loader", create)  # noqa: B010  # a patch, not a member
