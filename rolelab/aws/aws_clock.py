"""AWS's own clock: what it makes is dated by it, and this machine's may say something else."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any


class AwsClock:
    """Says what time it is in AWS, by the header `Date` of its latest answer; for any thread."""

    def __init__(self) -> None:
        self.is_known = False
        """True once an answer told it."""
        self._ahead_s = 0.0

    def now(self) -> float:
        """Return the seconds since 1970, at most a second and the answer's way behind AWS's.

        Until an answer told it, by this machine's clock.
        """
        return time.time() + self._ahead_s

    def moment(self) -> datetime:
        """Return the same as a moment of UTC."""
        return datetime.fromtimestamp(self.now(), timezone.utc)

    def hear(self, http_response: Any, **_: Any) -> None:
        """Take the time from an answer; a handler of botocore's event `after-call`."""
        try:
            at = parsedate_to_datetime(http_response.headers["date"]).timestamp()
        except (LookupError, TypeError, ValueError):
            return
        self._ahead_s = at - time.time()
        self.is_known = True
