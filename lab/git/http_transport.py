"""Speaking Git's smart protocol with a server: what it has, getting objects, moving its refs.

Everything here blocks and belongs in a worker thread. Errors come out as the four failures of `lab.git.failures`.

Source: git, gitprotocol-http and gitprotocol-pack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from dulwich.client import GitClient, HTTPUnauthorized, Urllib3HttpGitClient, get_transport_and_path
from dulwich.errors import GitProtocolError, NotGitRepository, SendPackError
from dulwich.object_store import DiskObjectStore, MemoryObjectStore, ObjectStoreGraphWalker
from dulwich.objects import ZERO_SHA, Commit, ObjectID
from dulwich.pack import UnpackedObject, full_unpacked_object
from dulwich.refs import Ref
from urllib3 import exceptions as http_errors
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from lab.git.commits import Objects, peel
from lab.git.failures import GitConflict, GitDenied, GitFailure, GitMissing, denied, no_repository, refusal, unreachable
from lab.git.packed_refs import RefChange, RefState
from lab.git.reachability import missing_objects
from lab.git.urls import without_credentials
from lab.ports.git_host import Credentials

_PEELED = "^{}"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 120.0

Store = DiskObjectStore | MemoryObjectStore


class GitTransport:
    """The repository at `url` over HTTP, or over whatever else git reaches it by."""

    def __init__(self, url: str, credentials: Credentials | None) -> None:
        self._url = url
        self._shown = without_credentials(url).rstrip("/")
        self._credentials = credentials
        self._connections: urllib3.PoolManager | None = None

    def close(self) -> None:
        """Close the connections that were kept for the next request."""
        if self._connections is not None:
            pools = self._connections.pools
            # Clearing alone leaves a pool open that an answer or an error still refers to.
            for pool in [pools.get(key) for key in pools.keys()]:  # noqa: SIM118 (it cannot be iterated)
                if pool is not None:
                    pool.close()
            pools.clear()

    def refs(self) -> RefState:
        """What the server has; HEAD is among the values when it points to a commit."""
        with self._failures() as answers:
            client, path = self._client(answers)
            found = client.get_refs(path, ref_prefix=[b"HEAD", b"refs/"]).refs
        values: dict[str, str] = {}
        peeled: dict[str, str] = {}
        for name, value in found.items():
            if value is not None:
                text = name.decode("utf-8", "surrogateescape")
                (peeled if text.endswith(_PEELED) else values)[text.removesuffix(_PEELED)] = value.decode("ascii")
        return RefState(values, peeled)

    def fetch(
        self, names: Sequence[str], store: Store, tips: Sequence[str], shallow: set[ObjectID], depth: int | None
    ) -> dict[str, str]:
        """Bring what the refs `names` need into `store`, which has the commits `tips`; returns their ids as sent.

        `shallow` holds the commits whose parents are left out, and is changed as the server says.
        """
        taken: dict[str, str] = {}

        def wants(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:
            for name in names:
                if (value := refs.get(Ref(name.encode()))) is not None:
                    taken[name] = value.decode("ascii")
            tips = {ObjectID(value.encode()) for value in taken.values()}
            return sorted(tip for tip in tips if depth is not None or tip not in store)

        with self._failures() as answers:
            client, path = self._client(answers)
            file, commit, abort = store.add_pack()
            try:
                result = client.fetch_pack(path, wants, _walker(store, tips, shallow), file.write, depth=depth)
            except BaseException:
                abort()
                raise
            commit()
        shallow.update(result.new_shallow or ())
        shallow.difference_update(result.new_unshallow or ())
        return taken

    def push(self, changes: Sequence[RefChange], objects: Objects, shallow: set[ObjectID]) -> None:
        """Move the server's refs, all or none when it can. Raises GitConflict when one is not what was expected."""

        def news(remote: dict[Ref, ObjectID]) -> dict[Ref, ObjectID]:
            for change in changes:
                now = remote.get(Ref(change.name.encode()))
                self._expect(change, now.decode("ascii") if now is not None else None, objects)
            return {Ref(c.name.encode()): ObjectID(c.new.encode()) if c.new else ZERO_SHA for c in changes}

        def pack(have: Any, want: Any, **_options: Any) -> tuple[int, Iterator[UnpackedObject]]:
            needed = missing_objects(objects, want, have, shallow, ends=shallow)
            return len(needed), (full_unpacked_object(objects[one]) for one in needed)

        with self._failures() as answers:
            client, path = self._client(answers)
            try:
                result = client.send_pack(path, news, pack, atomic=len(changes) > 1)
            except KeyError as error:
                raise GitMissing(f"fatal: bad object {error.args[0]!r}") from error
        refused = {name.decode(): reason for name, reason in (result.ref_status or {}).items() if reason}
        if refused:
            raise refusal(self._shown, refused)

    def _expect(self, change: RefChange, now: str | None, objects: Objects) -> None:
        if change.old != now and (now is None or change.old is None or peel(objects, now) != change.old):
            raise refusal(self._shown, {change.name: "stale info" if change.old else "already exists"})

    def _client(self, answers: list[BaseHTTPResponse]) -> tuple[GitClient, bytes]:
        """A client for one operation: it keeps the protocol version of its last answer, and `answers` all of them."""
        if not self._url.startswith(("http://", "https://")):
            client, path = get_transport_and_path(self._url)
            return client, path.encode()
        name, token = (self._credentials.username, self._credentials.token) if self._credentials else (None, None)
        parsed = urllib3.util.parse_url(self._url)
        if name is None and parsed.auth:
            name, _, token = parsed.auth.partition(":")
        base = without_credentials(self._url)
        if self._connections is None:
            self._connections = _connections(base, parsed.host or "")
        client = Urllib3HttpGitClient(
            base,
            pool_manager=cast("urllib3.PoolManager", _Remembering(self._connections, answers)),
            username=name,
            password=token,
            thin_packs=False,
            quiet=True,
        )
        return client, b""

    @contextmanager
    def _failures(self) -> Iterator[list[BaseHTTPResponse]]:
        """One operation: its failures in the lab's words; answers that were not read to their end are closed."""
        answers: list[BaseHTTPResponse] = []
        try:
            yield answers
        except GitFailure:
            raise
        except HTTPUnauthorized as error:
            raise denied(self._shown) from error
        except NotGitRepository as error:
            raise no_repository(self._shown) from error
        except SendPackError as error:
            raise GitConflict(f"error: failed to push some refs to '{self._shown}': {error}") from error
        except (GitProtocolError, OSError, HTTPError) as error:
            raise self._protocol_failure(error) from error
        except (ValueError, NotImplementedError) as error:
            # What answers is no Git server, or one of the dumb protocol, to which nobody can push.
            raise unreachable(self._shown, "info/refs not valid: is this a git repository?") from error
        finally:
            for answer in answers:
                answer.close()

    def _protocol_failure(self, error: Exception) -> GitFailure:
        cause = error.__cause__
        if isinstance(cause, HTTPError):
            return unreachable(self._shown, _curl_words(cause))
        text = str(error)
        if "unexpected http resp" in text:
            status = int(text.split()[3])
            words = f"The requested URL returned error: {status}"
            return (
                GitDenied(unreachable(self._shown, words).message) if status == 403 else unreachable(self._shown, words)
            )
        if "not our ref" in text:
            return GitMissing(f"fatal: remote error: {text}")
        return unreachable(self._shown, text or type(error).__name__)


class _Remembering:
    """Connections as an operation uses them, each answer noted: a refused one is left unread, its socket open."""

    def __init__(self, connections: urllib3.PoolManager, answers: list[BaseHTTPResponse]) -> None:
        self.headers = connections.headers
        self._connections = connections
        self._answers = answers

    def request(self, method: str, url: str, **options: Any) -> BaseHTTPResponse:
        """As a PoolManager does."""
        answer = self._connections.request(method, url, **options)
        self._answers.append(answer)
        return answer


def _connections(url: str, host: str) -> urllib3.PoolManager:
    """Connections to the server: by the proxy that the environment names, unless the server is this machine."""
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        "retries": urllib3.Retry(0, redirect=5),
    }
    proxies = {} if host in _LOOPBACK or proxy_bypass(host) else getproxies()
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all")
    if not proxy:
        return urllib3.PoolManager(**options)
    auth = urllib3.util.parse_url(proxy).auth
    headers = urllib3.util.make_headers(proxy_basic_auth=unquote(auth)) if auth else None
    return urllib3.ProxyManager(without_credentials(proxy), proxy_headers=headers, **options)


def _walker(store: Store, tips: Sequence[str], shallow: set[ObjectID]) -> ObjectStoreGraphWalker:
    def parents(id: ObjectID) -> list[ObjectID]:
        found = store[id]
        if id in shallow or not isinstance(found, Commit):
            return []
        return [parent for parent in found.parents if parent in store]

    heads = [ObjectID(tip.encode()) for tip in tips if ObjectID(tip.encode()) in store]
    return ObjectStoreGraphWalker(heads, parents, shallow=shallow)


def _curl_words(cause: HTTPError) -> str:
    """What curl, and so git, says about a connection that did not come about."""
    reason: Any = cause.reason if isinstance(cause, http_errors.MaxRetryError) else cause
    if isinstance(reason, http_errors.NameResolutionError):
        return f"Could not resolve host: {reason.conn.host}"
    if isinstance(reason, http_errors.NewConnectionError):
        return f"Failed to connect to {reason.conn.host} port {reason.conn.port}: Couldn't connect to server"
    if isinstance(reason, http_errors.TimeoutError):
        return "Connection timed out"
    return str(reason) or type(reason).__name__
