"""Rules for names, labels and keys, each a function from text to the sentences of what is wrong with it.

Source: Kubernetes, k8s.io/apimachinery/pkg/util/validation.
"""

from __future__ import annotations

import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_SUBDOMAIN_SHOWN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_KEY = "[-._a-zA-Z0-9]+"


def _regex_error(text: str, pattern: str, *examples: str) -> str:
    shown = "".join(f"{', ' if index else ''} or '{e}'" if index else f"'{e}'" for index, e in enumerate(examples))
    return f"{text} (e.g. {shown}, regex used for validation is '{pattern}')"


def _too_long(limit: int) -> str:
    return f"must be no more than {limit} characters"


def dns_label(text: str) -> list[str]:
    """RFC 1123 label, as for Namespaces."""
    faults = [_too_long(63)] if len(text) > 63 else []
    if not re.fullmatch(_LABEL, text):
        if re.fullmatch(_SUBDOMAIN, text):
            faults.append("must not contain dots")
        else:
            faults.append(
                _regex_error(
                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
                    "start and end with an alphanumeric character",
                    _LABEL,
                    "my-name",
                    "123-abc",
                )
            )
    return faults


def dns_subdomain(text: str) -> list[str]:
    """RFC 1123 subdomain, as for most kinds."""
    faults = [_too_long(253)] if len(text) > 253 else []
    if not re.fullmatch(_SUBDOMAIN, text):
        faults.append(
            _regex_error(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
                "must start and end with an alphanumeric character",
                _SUBDOMAIN_SHOWN,
                "example.com",
            )
        )
    return faults


def dns_1035_label(text: str) -> list[str]:
    """RFC 1035 label, as for Services."""
    faults = [_too_long(63)] if len(text) > 63 else []
    if not re.fullmatch(_DNS_1035, text):
        faults.append(
            _regex_error(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                "character, and end with an alphanumeric character",
                _DNS_1035,
                "my-name",
                "abc-123",
            )
        )
    return faults


def path_segment(text: str) -> list[str]:
    """Anything that can stand in a path, as for RBAC kinds."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{char}'" for char in "/%" if char in text]


def cron_job(text: str) -> list[str]:
    """A name that leaves eleven characters for its Jobs' time stamps."""
    return dns_subdomain(text) + (["must be no more than 52 characters"] if len(text) > 52 else [])


def qualified_name(text: str) -> list[str]:
    """A label or annotation key: optional DNS prefix, slash, name."""
    parts = text.split("/")
    rule = _regex_error(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        "character",
        _QUALIFIED,
        "MyName",
        "my.name",
        "123-abc",
    )
    faults = []
    if len(parts) > 2:
        name_rule = f"a qualified name {rule}"
        return [f"{name_rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    name = parts[-1]
    if len(parts) == 2:
        if not parts[0]:
            faults.append("prefix part must be non-empty")
        else:
            faults += [f"prefix part {fault}" for fault in dns_subdomain(parts[0])]
    if not name:
        faults.append("name part must be non-empty")
    elif len(name) > 63:
        faults.append("name part must be no more than 63 characters")
    if not re.fullmatch(_QUALIFIED, name):
        faults.append(f"name part {rule}")
    return faults


def label_value(text: str) -> list[str]:
    """A label's value: empty, or like the name of a key."""
    faults = [_too_long(63)] if len(text) > 63 else []
    if text and not re.fullmatch(_QUALIFIED, text):
        faults.append(
            _regex_error(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                "must start and end with an alphanumeric character",
                "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
                "MyValue",
                "my_value",
                "12345",
            )
        )
    return faults


def data_key(text: str) -> list[str]:
    """A key of a ConfigMap or Secret."""
    faults = [_too_long(253)] if len(text) > 253 else []
    if not re.fullmatch(_KEY, text):
        faults.append(
            _regex_error(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                _KEY,
                "key.name",
                "KEY_NAME",
                "key-name",
            )
        )
    if text == ".":
        faults.append("must not be '.'")
    elif text == "..":
        faults.append("must not be '..'")
    elif text.startswith(".."):
        faults.append("must not start with '..'")
    return faults


def port_name(text: str) -> list[str]:
    """A container port's name (IANA service name)."""
    faults = []
    if len(text) > 15:
        faults.append("must be no more than 15 characters")
    if not re.fullmatch("[-a-z0-9]+", text):
        faults.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        faults.append("must contain at least one letter (a-z)")
    if "--" in text:
        faults.append("must not contain consecutive hyphens")
    if text and (text[0] == "-" or text[-1] == "-"):
        faults.append("must not begin or end with a hyphen")
    return faults


def port_number(number: int) -> list[str]:
    """A port number."""
    return [] if 1 <= number <= 65535 else ["must be between 1 and 65535, inclusive"]
