"""The JSON Schema of scenario.yaml as a file, for editors: `python -m lab.wiring.schemas` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lab.kit.files import write_atomic
from lab.scenarios.schema import schema
from lab.wiring import lab_file

SCENARIO_FILE = Path(__file__).parents[1] / "scenarios" / "scenario.v1.json"
"""Named in the first line of each scenario."""


def scenario_schema() -> dict[str, Any]:
    """The schema of scenario.yaml, the section `lab` in the form of lab.yaml."""
    return schema(lab_file.schema())


def as_text(data: dict[str, Any]) -> str:
    """The schema as it stands in the file."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_atomic(SCENARIO_FILE, as_text(scenario_schema()))
