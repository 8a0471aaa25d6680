"""What to do about each error code that AWS documents: one sentence a code, for a person.

The tables are by what went wrong. `tests/unit/shared/aws/answers/test_advice.py` goes through the codes that AWS's
documentation of STS, S3, IAM, Lambda and EC2 lists, and asks for each.

Door: `advice_on`.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.aws.answers.advice.access import ACCESS
from shared.aws.answers.advice.functions import FUNCTIONS
from shared.aws.answers.advice.identity import IDENTITY
from shared.aws.answers.advice.instances import INSTANCES
from shared.aws.answers.advice.requests import REQUESTS
from shared.aws.answers.advice.service import SERVICE
from shared.aws.answers.advice.storage import STORAGE

_TABLES: tuple[Mapping[str, str], ...] = (ACCESS, REQUESTS, SERVICE, IDENTITY, FUNCTIONS, INSTANCES, STORAGE)


def _by_code() -> dict[str, str]:
    found: dict[str, str] = {}
    for table in _TABLES:
        for sentence, codes in table.items():
            for code in map(_plain, codes.split()):
                if found.setdefault(code, sentence) != sentence:
                    raise ValueError(f"two sentences for {code}")
    return found


def _plain(aws_code: str) -> str:
    """The code without the ending that some services give to it."""
    return aws_code.removesuffix("Exception")


_ADVICE = _by_code()


def advice_on(aws_code: str) -> str:
    """What to do about an error code of AWS; "" for one that is not documented."""
    return _ADVICE.get(_plain(aws_code), "")
