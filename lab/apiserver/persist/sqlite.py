"""The database of the API server: SQLite with a write-ahead log, changes committed in groups before any reply.

What was acknowledged survives the end of the process; loss of power may lose the last moment (synchronous=NORMAL).
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab.apiserver.core.ledger import LedgerEntry
from lab.apiserver.core.store import Event
from lab.apiserver.core.template import TEMPLATE_RESOURCES
from lab.apiserver.persist.journal import StoredCluster, StoredObject
from lab.errors.base import LabError

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clusters (
    name TEXT PRIMARY KEY, uid TEXT NOT NULL, created TEXT NOT NULL, rev INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    cluster TEXT NOT NULL, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    rev INTEGER NOT NULL, body BLOB,
    PRIMARY KEY (cluster, resource, namespace, name)
);
CREATE TABLE IF NOT EXISTS ledger (
    cluster TEXT NOT NULL, issuer TEXT NOT NULL, identity TEXT NOT NULL, verb TEXT NOT NULL, resource TEXT NOT NULL,
    code INTEGER NOT NULL
);
"""
_PUT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?)"
_DELETE = "DELETE FROM objects WHERE cluster = ? AND resource = ? AND namespace = ? AND name = ?"
_REV = "UPDATE clusters SET rev = ? WHERE name = ?"
_Statement = tuple[str, tuple[Any, ...]]


class SqliteStore:
    """A `Persistence` in one file. Changes of one turn of the event loop are one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._pending: list[_Statement] = []
        self._revisions: dict[str, int] = {}
        self._scheduled: asyncio.Future[None] | None = None
        self._ledger: list[LedgerEntry] = []

    def open(self) -> list[StoredCluster]:
        """Open or create the file; returns its clusters. Raises LabError LAB031 where it is damaged."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._path.chmod(0o600)
            self._check()
            return self._read()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as fault:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            raise self._damaged(str(fault)) from fault

    def _check(self) -> None:
        connection = self._open_connection()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError("; ".join(found))
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > _SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"written by a newer version of the lab (schema {version})")
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def _read(self) -> list[StoredCluster]:
        connection = self._open_connection()
        rows = connection.execute("SELECT name, uid, created, rev FROM clusters ORDER BY name")
        clusters = {row[0]: StoredCluster(*row) for row in rows}
        query = "SELECT cluster, resource, namespace, name, rev, body FROM objects ORDER BY cluster, rev"
        for cluster, resource, namespace, name, rev, body in connection.execute(query):
            if cluster in clusters:
                clusters[cluster].objects.append(StoredObject(resource, (namespace, name), rev, body))
        self._ledger = [LedgerEntry(*row) for row in connection.execute("SELECT * FROM ledger ORDER BY rowid")]
        return list(clusters.values())

    def _damaged(self, why: str) -> LabError:
        return LabError(
            "LAB031",
            "The database of the API objects cannot be read.",
            why,
            ("lab down", "lab up"),
            kept=str(self._path),
        )

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("the database is not open")
        return self._connection

    def born(self) -> str | None:
        """The time of the first start, or None on that start."""
        row = self._open_connection().execute("SELECT value FROM facts WHERE name = 'born'").fetchone()
        return str(row[0]) if row else None

    def set_born(self, created: str) -> None:
        """Keep the time of the first start."""
        self._add("INSERT OR REPLACE INTO facts VALUES ('born', ?)", (created,))

    def add_cluster(self, name: str, uid: str, created: str, rev: int) -> None:
        """Keep a new cluster."""
        self._add("DELETE FROM objects WHERE cluster = ?", (name,))
        self._add("INSERT OR REPLACE INTO clusters VALUES (?, ?, ?, ?)", (name, uid, created, rev))

    def remove_cluster(self, name: str) -> None:
        """Forget a cluster and its objects."""
        self._revisions.pop(name, None)
        self._add("DELETE FROM clusters WHERE name = ?", (name,))
        self._add("DELETE FROM objects WHERE cluster = ?", (name,))

    def record(self, cluster: str, event: Event) -> None:
        """Take a change in. A deletion leaves a mark, because the object may be one of the template."""
        self._revisions[cluster] = event.rv
        if event.type == "DELETED" and event.group_resource not in TEMPLATE_RESOURCES:
            self._add(_DELETE, (cluster, event.group_resource, *event.key))
            return
        body = None if event.type == "DELETED" else event.new.raw
        self._add(_PUT, (cluster, event.group_resource, *event.key, event.rv, body))

    def record_ledger(self, entry: LedgerEntry) -> None:
        """Take an entry of the ledger in."""
        facts = (entry.cluster, entry.issuer, entry.identity, entry.verb, entry.resource, entry.code)
        self._add("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", facts)

    def ledger(self) -> Iterable[LedgerEntry]:
        """The entries of earlier starts."""
        return self._ledger

    def _add(self, statement: str, values: tuple[Any, ...]) -> None:
        self._pending.append((statement, values))
        if self._scheduled is None:
            loop = asyncio.get_running_loop()
            self._scheduled = loop.create_future()
            loop.call_soon(self._commit_scheduled)

    async def flushed(self) -> None:
        """Wait for the commit that holds everything recorded so far. Raises LabError LAB012, LAB031."""
        if self._scheduled is not None:
            await asyncio.shield(self._scheduled)

    def _commit_scheduled(self) -> None:
        future, self._scheduled = self._scheduled, None
        try:
            self._commit()
        except LabError as fault:
            if future is not None and not future.done():
                future.set_exception(fault)
                # Whoever waits sees it; where nobody does, it must not be reported as forgotten.
                future.exception()
            return
        if future is not None and not future.done():
            future.set_result(None)

    def _commit(self) -> None:
        """Write what is pending as one transaction; it stays pending where that fails."""
        if not self._pending or self._connection is None:
            return
        connection = self._connection
        statements = [*self._pending, *((_REV, (rev, name)) for name, rev in self._revisions.items())]
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                connection.execute(statement, values)
            connection.execute("COMMIT")
        except sqlite3.Error as fault:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise self._refused(fault) from fault
        self._pending.clear()
        self._revisions.clear()

    def _refused(self, fault: sqlite3.Error) -> LabError:
        if "full" in str(fault):
            return LabError("LAB012", "The database of the API objects cannot grow.", str(fault), kept=str(self._path))
        return self._damaged(str(fault))

    def close(self) -> None:
        """Write what is left and close."""
        if self._connection is not None:
            try:
                self._commit()
            finally:
                self._connection.close()
                self._connection = None
