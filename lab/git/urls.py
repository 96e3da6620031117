"""When two Git URLs mean the same repository."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22, "git": 9418}


def normalize(url: str) -> str:
    """The URL without credentials, trailing `/` and `.git`; host in lower case, default port left out.

    What is no URL (a path, or `host:path` as ssh takes it) only loses the trailing `/` and `.git`.
    """
    text = url.strip()
    if "://" not in text:
        return _without_suffix(text)
    parts = urlsplit(text)
    scheme = parts.scheme.lower()
    clean = SplitResult(scheme, _host(parts, scheme), _without_suffix(parts.path), "", "")
    return urlunsplit(clean)


def same(first: str, second: str) -> bool:
    """Whether both URLs name one repository."""
    return normalize(first) == normalize(second)


def without_credentials(url: str) -> str:
    """The URL as it may be shown: user name and password are gone, everything else is as it was."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _host(parts: SplitResult, scheme: str) -> str:
    host = parts.netloc.rpartition("@")[2].lower()
    default = f":{_DEFAULT_PORTS.get(scheme, '')}"
    return host.removesuffix(default) if len(default) > 1 else host


def _without_suffix(path: str) -> str:
    return path.rstrip("/").removesuffix(".git").rstrip("/")
