"""What a cluster's own controllers need of the world: to do something a little later, and how long that takes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol


class Later(Protocol):
    """Runs things after the present step."""

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` once in `seconds`; never within this call."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run asynchronous work beside the requests."""
        ...


@dataclass(frozen=True, slots=True)
class Delays:
    """How long the controllers of a cluster take, in seconds: code that does not wait shall fail as it does in life."""

    established: float = 0.25
    """From accepted names to a served CustomResourceDefinition."""
    namespace: float = 0.5
    """From the deletion of a namespace to that of its contents, and from its emptiness to its end."""
    collection: float = 0.1
    """From the end of an owner to that of its dependents."""
    account: float = 0.02
    """From a new namespace to its default ServiceAccount and kube-root-ca.crt."""
