"""Files of packages by the id of their Git tree: what is equal is held and read once, whoever it belongs to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lab.orchestrators.builtin.kptfile_facts import KPTFILE, KptfileFacts, facts_in
from lab.orchestrators.builtin.overrides import Values, values_in
from lab.render.injection import injection_points
from lab.render.resources import PackageFault

KEPT = 20_000


@dataclass(frozen=True)
class Content:
    """A package's files: those that are text, as people and functions see them, and the others, which are only kept."""

    texts: Mapping[str, str]
    binaries: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def is_package(self) -> bool:
        """Whether there is a Kptfile at its root."""
        return KPTFILE in self.texts

    @cached_property
    def kptfile(self) -> KptfileFacts:
        """What its Kptfile says."""
        return facts_in(self.texts)

    @cached_property
    def setters(self) -> Values:
        """What its pipeline sets."""
        return values_in(self.texts)

    @cached_property
    def injectable(self) -> frozenset[tuple[str, str]]:
        """apiVersion and kind of its injection points; none where they are marked wrongly."""
        try:
            points = injection_points(self.texts)
        except PackageFault:
            return frozenset()
        return frozenset((point.resource.api_version, point.resource.kind) for point in points)

    def with_texts(self, texts: Mapping[str, str]) -> Content:
        """Other text files; a binary file stays unless a text now has its name."""
        return Content(dict(texts), {path: data for path, data in self.binaries.items() if path not in texts})

    def as_bytes(self) -> dict[str, bytes]:
        """Every file, as Git takes it."""
        return {path: text.encode() for path, text in self.texts.items()} | dict(self.binaries)


def content_of(files: Mapping[str, bytes]) -> Content:
    """Files as they come from Git; what is no UTF-8 is binary."""
    texts: dict[str, str] = {}
    binaries: dict[str, bytes] = {}
    for path, data in files.items():
        try:
            texts[path] = data.decode()
        except UnicodeDecodeError:
            binaries[path] = data
    return Content(texts, binaries)


class Contents:
    """A bounded memory of contents, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_tree: OrderedDict[str, Content] = OrderedDict()

    def of(self, tree: str, read: Callable[[], Mapping[str, bytes]]) -> Content:
        """The content of a tree; `read` fetches its files when they are not at hand."""
        with self._lock:
            known = self._by_tree.get(tree)
            if known is not None:
                self._by_tree.move_to_end(tree)
                return known
        content = content_of(read())
        with self._lock:
            self._by_tree[tree] = content
            while len(self._by_tree) > KEPT:
                self._by_tree.popitem(last=False)
        return content
