"""The JSON Schema that editors complete scenarios from."""

from __future__ import annotations

from lab.scenarios.step import table
from lab.wiring.schemas import SCENARIO_FILE, as_text, scenario_schema


def test_every_step_is_described() -> None:
    """Each step has its place, its manual, and a description of every field."""
    definitions = scenario_schema()["$defs"]
    for word in table():
        forms = definitions[word].get("anyOf", [definitions[word]])
        assert definitions[word]["description"], word
        assert all(field.get("description") for field in forms[-1]["properties"].values()), word
        assert word in definitions["entry"]["properties"]


def test_the_file_is_up_to_date() -> None:
    """The schema beside the code is what the code says; `python -m lab.wiring.schemas` writes it."""
    assert SCENARIO_FILE.read_text() == as_text(scenario_schema())
