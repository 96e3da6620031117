"""When to look at Git again, when to try a failed sync again, and when to apply everything once more.

Source: Config Sync, timers: poll at the period; retries after 1, 2, 4 … seconds, twelve of them; a full sync each hour.
"""

from __future__ import annotations

from lab.kit.clock import Clock

FIRST_RETRY = 1.0
RETRIES = 12
RESYNC = 3600.0


class Schedule:
    """One timer for one RootSync. The first poll is due at once.

    `spread`, from 0 to 1, shortens the time to the second poll, so that a thousand agents that start together do not
    ask together ever after; no poll comes later for it.
    """

    def __init__(self, clock: Clock, period: float, spread: float) -> None:
        self._clock = clock
        self._period = period
        now = clock.time()
        self._poll = now
        self._first_distance = period * (0.2 + 0.8 * spread)
        self._retry: float | None = None
        self._attempts = 0
        self._resync = now + RESYNC

    def polled(self) -> None:
        """Git was asked just now."""
        self._poll = self._clock.time() + (self._first_distance or self._period)
        self._first_distance = 0.0

    def succeeded(self) -> None:
        """Everything is applied: no retry, and an hour until it is applied again."""
        self._retry = None
        self._attempts = 0
        self._resync = self._clock.time() + RESYNC

    def failed(self) -> tuple[int, float] | None:
        """Something was refused. The number of the retry to come and the seconds until then; None after the last."""
        self._resync = self._clock.time() + RESYNC
        if self._attempts >= RETRIES:
            self._retry = None
            return None
        wait = FIRST_RETRY * float(2**self._attempts)
        self._attempts += 1
        self._retry = self._clock.time() + wait
        return self._attempts, wait

    def given_up(self) -> None:
        """Something is wrong that no retry mends: the next commit has to."""
        self._retry = None
        self._resync = self._clock.time() + RESYNC

    def begun(self) -> None:
        """Another commit is being worked on: its retries begin anew."""
        self._attempts = 0
        self._retry = None

    def restart_retries(self) -> None:
        """Something has changed that may have been missing: try now, and then as after a first failure."""
        self._attempts = 0
        self._retry = self._clock.time()

    @property
    def sync_due(self) -> bool:
        """Whether to apply even though the commit is the same."""
        now = self._clock.time()
        return (self._retry is not None and self._retry <= now) or self._resync <= now

    @property
    def wait(self) -> float:
        """Seconds until something is due."""
        due = [self._poll, self._resync, *([self._retry] if self._retry is not None else [])]
        return max(min(due) - self._clock.time(), 0.0)
