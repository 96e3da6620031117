"""Model files of the installed Kubernetes Python client, read as text because importing the package takes long."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


class InstalledModels:
    """Reads `kubernetes/client/models/*.py`; answers None for everything where the package is not installed."""

    def __init__(self) -> None:
        found = find_spec("kubernetes")
        places = list(found.submodule_search_locations or ()) if found is not None else []
        self._folder = Path(places[0], "client", "models") if places else None

    def __call__(self, name: str) -> str | None:
        """The text of one model file such as `v1_pod_spec.py`, or None."""
        if self._folder is None:
            return None
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except OSError:
            return None
