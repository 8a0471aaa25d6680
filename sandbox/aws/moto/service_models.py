"""AWS's service models are read once for all of botocore's sessions in this process, and once for moto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.loaders
import botocore.session
from moto.core import loaders, utils


def share_loaders() -> None:
    """Patch botocore and moto, before moto's services are imported.

    Each session, and moto for each service, would make a loader of its own, which lists the folders of all services and
    reads the models again: EC2's, of 70 ms, six times at the start. Two loaders, since botocore's clients change S3's
    models (`remove_bucket_from_url_paths_from_model`), by which moto finds what a request asks for.
    """
    of_sessions, of_moto = botocore.loaders.create_loader(), loaders.create_loader()
    shared: tuple[tuple[Any, Callable[..., Any]], ...] = (
        (botocore.session, lambda _search_path=None: of_sessions),
        (loaders, lambda: of_moto),
        (utils, lambda: of_moto),
    )
    for owner, create in shared:
        setattr(owner, "create_loader", create)  # noqa: B010  # a patch, not a member
