"""The table of steps: each module in `lab.scenarios.steps` is a word, and its class is the step.

Adding a step is adding a file. `add_cluster.py` holds `class AddCluster(Step)` and is written `add-cluster:`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from lab.scenarios import steps
from lab.scenarios.scene import Scene

LONGEST_TITLE = 100


class Part(BaseModel):
    """What stands in a scenario: unknown fields are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Step(Part):
    """One act or one assert; the fields are the keys, the docstring is the manual.

    `shorthand` is the field that a bare text fills: `bootstrap: my-ran` is `bootstrap: {on: my-ran}`. `acts` is False
    for steps that only look.
    """

    shorthand: ClassVar[str] = ""
    acts: ClassVar[bool] = True

    async def run(self, scene: Scene) -> Any:
        """Do it. What comes back is what `save` picks from.

        Raises StepFailed when what it looks for is not so, LabError and KubeError for what went wrong on the way.
        """
        raise NotImplementedError

    def title(self) -> str:
        """The step in a few words, for people."""
        facts = self.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
        plain = [value for value in facts.values() if isinstance(value, str) and value]
        return " ".join([word_of(type(self)), *plain]).splitlines()[0][:LONGEST_TITLE]


def word_of(step: type[Step]) -> str:
    """The word of a step in a scenario."""
    return step.__module__.rpartition(".")[2].replace("_", "-")


@cache
def table() -> dict[str, type[Step]]:
    """Every step by its word."""
    found = {}
    for entry in pkgutil.iter_modules(steps.__path__):
        module = importlib.import_module(f"{steps.__name__}.{entry.name}")
        own = [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, Step) and kind.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise TypeError(f"{module.__name__} holds {len(own)} steps; one step is one file")
        found[word_of(own[0])] = own[0]
    return found
