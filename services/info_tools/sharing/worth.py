"""What reading has cost before, so that a small question is not given to several workers again and again.

Seconds of this worker's processor for an item, by the kind of part, the account and what the arguments name. Where
nothing is known, a read that is wide enough is taken for a large one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from services.info_tools.sharing.kinds import Reading
from shared.aws.clients import Aws

# Less than this is not made faster by a way to another worker and back, which takes some 20 ms of processor time.
PAYS_SECONDS = 0.1
MAX_KNOWN = 1000
_Key = tuple[str, ...]


class Worth:
    """From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: OrderedDict[_Key, float] = OrderedDict()

    def pays(self, aws: Aws, reading: Reading[object, object], items: int) -> bool:
        """Whether reading so many items takes long enough to be shared, as far as that is known."""
        with self._lock:
            seconds = self._seconds.get(_key(aws, reading))
        return seconds is None or seconds * items >= PAYS_SECONDS

    def learn(self, aws: Aws, reading: Reading[object, object], seconds: float) -> None:
        """An item took so many seconds this time; what it took before counts half."""
        key = _key(aws, reading)
        with self._lock:
            before = self._seconds.pop(key, seconds)
            self._seconds[key] = (before + seconds) / 2
            if len(self._seconds) > MAX_KNOWN:
                self._seconds.popitem(last=False)


def _key(aws: Aws, reading: Reading[object, object]) -> _Key:
    named = (value for value in reading.arguments.values() if isinstance(value, str))
    return (reading.kind.name, aws.info.account, *named)


WORTH = Worth()
