"""Resource quantities such as `500m`, `1Gi` and `1e3`: value and canonical form.

Source: Kubernetes, k8s.io/apimachinery/pkg/api/resource, Quantity.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BY_EXPONENT = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
FORMAT_ERROR = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"  # upstream text
)


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The form in which the API server writes a quantity back: no fraction, the largest suffix that keeps it exact.

    Raises ValueError with Kubernetes' text for anything that is not a quantity.
    """
    number, suffix = _split(text)
    if suffix in _BINARY and suffix:
        value = number * 1024 ** _BINARY.index(suffix)
        if abs(value) < 1024 or value % 1:
            return _decimal_form(value, exponent_form=False)
        return _binary_form(int(value))
    return _decimal_form(number.scaleb(_exponent(suffix)), exponent_form=suffix[:1] in ("e", "E") and len(suffix) > 1)


@lru_cache(maxsize=4096)
def value(text: str) -> Decimal:
    """The exact value of a quantity. Raises ValueError for anything that is not one."""
    number, suffix = _split(text)
    if suffix in _BINARY and suffix:
        return Decimal(number * 1024 ** _BINARY.index(suffix))
    return Decimal(number.scaleb(_exponent(suffix)))


def _split(text: str) -> tuple[Decimal, str]:
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(FORMAT_ERROR)
    return Decimal(match[1]), match[2] or ""


def _exponent(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]
    return int(suffix[1:])


def _binary_form(number: int) -> str:
    power = 0
    while number and number % 1024 == 0 and power < len(_BINARY) - 1:
        number //= 1024
        power += 1
    return f"{number}{_BINARY[power]}"


def _decimal_form(number: Decimal, *, exponent_form: bool) -> str:
    # Nothing finer than a billionth is kept; the rest is rounded away from zero.
    number = number.quantize(Decimal(1).scaleb(-9), rounding=ROUND_UP)
    if not number:
        return "0"
    exponent = -9
    digits = int(number.scaleb(9))
    while digits % 1000 == 0 and exponent < 18:
        digits //= 1000
        exponent += 3
    if exponent_form:
        return f"{digits}e{exponent}" if exponent else str(digits)
    return f"{digits}{_BY_EXPONENT[exponent]}"
