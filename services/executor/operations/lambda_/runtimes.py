"""Lambda's runtimes, as botocore's service model lists them."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

import botocore.session

from shared.errors import InvalidArguments


@lru_cache
def known_runtimes() -> tuple[str, ...]:
    """Lambda's runtimes, as botocore's service model lists them."""
    model = botocore.session.Session().get_service_model("lambda")
    return tuple(model.shape_for("Runtime").enum)


def check_runtime(runtime: str) -> None:
    """Raise InvalidArguments for a runtime Lambda does not have, with what may be meant."""
    known = known_runtimes()
    if runtime in known:
        return
    family = re.match(r"[a-z]*", runtime.lower())
    close = [name for name in known if family and family[0] and name.startswith(family[0])][-4:]
    close = close or difflib.get_close_matches(runtime, known, n=3)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    raise InvalidArguments(f"runtime: Lambda has no runtime {runtime!r}{hint}")
