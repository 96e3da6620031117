"""Where the log of a container comes from: registered by whoever runs, or simulates, the workload."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol


class LogSource(Protocol):
    """Gives logs. Registered as `cluster.log_source`."""

    def read(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None,
        since: datetime | None,
        previous: bool,
        follow: bool,
        timestamps: bool,
    ) -> AsyncIterator[bytes]:
        """Whole lines of a container's log, oldest first; ends when the log ends and `follow` is off.

        Raises ApiError 400 where the container has no log (yet).
        """
        ...
