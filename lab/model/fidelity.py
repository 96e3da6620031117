"""How much of a part is the field's own software."""

from __future__ import annotations

from enum import StrEnum


class Fidelity(StrEnum):
    """`real`: the field's own, or its very protocol and data; `stand-in`: ours; `yours`: neither made nor removed."""

    REAL = "real"
    STAND_IN = "stand-in"
    YOURS = "yours"
