"""Which resource type a written name means; only what is certain, else the most similar ones are named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.errors import NotFound
from shared.text.similar import similar

_LONGEST = 120


def plain(name: str) -> str:
    """Letters and digits alone, in lower case: "awss3bucket"."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def type_named(written: str, names: Mapping[str, str]) -> str:
    """The type's name as AWS spells it; `names`: every type's, by `plain`. "s3 bucket" is "AWS::S3::Bucket".

    Raises NotFound `unknown_resource_type`, naming similar ones.
    """
    wanted = plain(written[:_LONGEST])
    found = names.get(wanted) or names.get(f"aws{wanted}")
    if found is None:
        raise NotFound(
            f"AWS has no resource type {written[:80]!r}{_similar(wanted, names)}; search_resource_types finds others",
            code="unknown_resource_type",
        )
    return found


def _similar(wanted: str, names: Mapping[str, str]) -> str:
    close = similar(wanted if wanted.startswith("aws") else f"aws{wanted}", names, most=3, cutoff=0.75)
    # "AWS::Bucket": the last word is right, and the service is missing or wrong.
    ends = sorted((name for name in names if wanted and name.endswith(wanted.removeprefix("aws"))), key=len)
    either = list(dict.fromkeys([*close, *ends]))[:3]
    return f"; did you mean {' or '.join(names[one] for one in either)}" if either else ""
