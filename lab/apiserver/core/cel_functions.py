"""The functions that Kubernetes adds to CEL, for rules of CustomResourceDefinitions.

Values of Kubernetes' own CEL types travel as text: a quantity in canonical form, an IP address, a CIDR block, a URL, a
semantic version. A function registered here can be called plainly and as a method of its first argument.
Source: Kubernetes 1.34, CEL libraries (lists, regex, urls, quantity, ip, cidr, semver) and the CEL string extensions.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from lab.apiserver.core import quantity

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def _holds(check: Callable[[Any], Any]) -> Callable[[Any], bool]:
    """A predicate that tells whether a conversion works."""

    def run(value: Any) -> bool:
        try:
            check(value)
        except (ValueError, TypeError):
            return False
        return True

    return run


def _find(text: str, pattern: str) -> str:
    match = re.search(pattern, text)
    return match[0] if match else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [match[0] for match in re.finditer(pattern, text)]
    return found if limit < 0 else found[:limit]


def _index_of(value: Any, item: Any, start: int = 0) -> int:
    if isinstance(value, str):
        return value.find(item, start)
    return value.index(item) if item in value else -1


def _last_index_of(value: Any, item: Any, end: int | None = None) -> int:
    if isinstance(value, str):
        return value.rfind(item) if end is None else value.rfind(item, 0, end + len(item))
    return next((i for i in range(len(value) - 1, -1, -1) if value[i] == item), -1)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        return list(text)
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _join(items: list[str], separator: str = "") -> str:
    return separator.join(items)


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, limit)


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


def _char_at(text: str, index: int) -> str:
    return text[index : index + 1]


def _reverse(value: Any) -> Any:
    return value[::-1]


def _flatten(items: list[Any], depth: int = 1) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if isinstance(item, list) and depth > 0:
            result.extend(_flatten(item, depth - 1))
        else:
            result.append(item)
    return result


def _distinct(items: list[Any]) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if item not in result:
            result.append(item)
    return result


def _format(text: str, values: list[Any]) -> str:
    """Go-like formatting with %s, %d, %f, %e, %x, %o, %b and %%."""
    rest = iter(values)

    def one(match: re.Match[str]) -> str:
        verb = match[0][-1]
        if verb == "%":
            return "%"
        value = next(rest)
        if verb == "s":
            return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        if verb in "fe":
            precision = match[1] or ".6"
            return f"{value:{precision}{verb}}"
        return f"{value:{verb}}"

    return re.sub(r"%(\.\d+)?[sdfexXob%]", one, text)


def _compare(one: str, other: str) -> int:
    """Order of two quantities or, where one of them is none, of two semantic versions."""
    try:
        left, right = quantity.value(one), quantity.value(other)
    except ValueError:
        a, b = _semver_key(one), _semver_key(other)
        return (a > b) - (a < b)
    return (left > right) - (left < right)


@functools.lru_cache(maxsize=512)
def _semver_key(text: str) -> tuple[Any, ...]:
    match = _SEMVER.fullmatch(text)
    if match is None:
        raise ValueError(f"invalid semantic version {text}")
    parts = match[4].split(".") if match[4] else []
    release = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts)
    return int(match[1]), int(match[2]), int(match[3]), not parts, release


def _semver(text: str, lenient: bool = False) -> str:
    if lenient:
        text = text.removeprefix("v")
        text += ".0" * max(0, 2 - text.count("."))
    _semver_key(text)
    return text


def _quantity_sum(one: str, other: Any) -> str:
    return quantity.canonical(format(quantity.value(one) + _amount(other), "f"))


def _quantity_difference(one: str, other: Any) -> str:
    return quantity.canonical(format(quantity.value(one) - _amount(other), "f"))


def _amount(value: Any) -> Decimal:
    return quantity.value(value) if isinstance(value, str) else Decimal(value)


def _as_integer(text: str) -> int:
    value = quantity.value(text)
    if value % 1:
        raise ValueError("cannot convert value to integer")
    return int(value)


def _sign(text: str) -> int:
    value = quantity.value(text)
    return (value > 0) - (value < 0)


def _ip(text: str) -> str:
    address = ipaddress.ip_address(text)
    if address.version == 6 and address.ipv4_mapped is not None:
        raise ValueError(f"IPv4-mapped IPv6 address {text} is not allowed")
    return str(address)


def _cidr(text: str) -> str:
    ipaddress.ip_interface(text)
    if "/" not in text:
        raise ValueError(f"network address parse error during conversion from string: {text}")
    return text


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _family(text: str) -> int:
    return ipaddress.ip_interface(text).version


def _contains_ip(block: str, address: str) -> bool:
    return ipaddress.ip_address(address) in _network(block)


def _contains_cidr(block: str, other: str) -> bool:
    outer, inner = _network(block), _network(other)
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if not text.startswith("/") and not (parts.scheme and (parts.netloc or parts.path)):
        raise ValueError(f"URL parse error during conversion from string: {text}")
    return text


def _hostname(text: str) -> str:
    netloc = urlsplit(text).netloc.rpartition("@")[2]
    return netloc[1 : netloc.index("]")] if netloc.startswith("[") else netloc.partition(":")[0]


def _port(text: str) -> str:
    port = urlsplit(text).port
    return "" if port is None else str(port)


def _address(property_name: str) -> Callable[[str], bool]:
    return lambda text: bool(getattr(ipaddress.ip_address(text), property_name))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "find": _find,
    "findAll": _find_all,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "split": _split,
    "join": _join,
    "replace": _replace,
    "substring": _substring,
    "charAt": _char_at,
    "lowerAscii": lambda text: text.lower() if text.isascii() else re.sub("[A-Z]+", lambda m: m[0].lower(), text),
    "upperAscii": lambda text: text.upper() if text.isascii() else re.sub("[a-z]+", lambda m: m[0].upper(), text),
    "trim": lambda text: text.strip(),
    "quote": lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"',
    "format": _format,
    "reverse": _reverse,
    "isSorted": lambda items: all(a <= b for a, b in itertools.pairwise(items)),
    "sum": lambda items: sum(items),
    "min": lambda items: min(items),
    "max": lambda items: max(items),
    "slice": lambda items, start, end: items[start:end],
    "flatten": _flatten,
    "distinct": _distinct,
    "sort": lambda items: sorted(items),
    "quantity": quantity.canonical,
    "isQuantity": _holds(quantity.value),
    "isInteger": _holds(_as_integer),
    "asInteger": _as_integer,
    "asApproximateFloat": lambda text: float(quantity.value(text)),
    "sign": _sign,
    "add": _quantity_sum,
    "sub": _quantity_difference,
    "compareTo": _compare,
    "isGreaterThan": lambda one, other: _compare(one, other) > 0,
    "isLessThan": lambda one, other: _compare(one, other) < 0,
    "semver": _semver,
    "isSemver": _holds(_semver),
    "major": lambda text: _semver_key(text)[0],
    "minor": lambda text: _semver_key(text)[1],
    "patch": lambda text: _semver_key(text)[2],
    "ip": _ip,
    "isIP": _holds(_ip),
    "family": _family,
    "isUnspecified": _address("is_unspecified"),
    "isLoopback": _address("is_loopback"),
    "isLinkLocalUnicast": _address("is_link_local"),
    "isGlobalUnicast": lambda text: (
        not any(
            getattr(ipaddress.ip_address(text), name)
            for name in ("is_unspecified", "is_loopback", "is_multicast", "is_link_local")
        )
    ),
    "cidr": _cidr,
    "isCIDR": _holds(_cidr),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "prefixLength": lambda text: _network(text).prefixlen,
    "masked": lambda text: str(_network(text)),
    "url": _url,
    "isURL": _holds(_url),
    "getScheme": lambda text: urlsplit(text).scheme,
    "getHost": lambda text: urlsplit(text).netloc.rpartition("@")[2],
    "getHostname": _hostname,
    "getPort": _port,
    "getEscapedPath": lambda text: quote(urlsplit(text).path, safe="/%:@!$&'()*+,;=~"),
    "getQuery": lambda text: parse_qs(urlsplit(text).query, keep_blank_values=True),
}
"""Function name to implementation."""
