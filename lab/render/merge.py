"""Upgrade a package to a new version of its upstream, by one of kpt's four strategies.

Source: kpt, `pkg update`: resource-merge, fast-forward, force-delete-replace, copy-merge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from posixpath import basename
from types import MappingProxyType
from typing import Any, TypeAlias

from lab.kit.yaml_edit import same
from lab.render import package_context
from lab.render.clone import Upstream, with_origins
from lab.render.kptfile import FILE, Kptfile
from lab.render.manifests import is_manifest_file, krm_fault, read_file, sorted_paths, split_documents
from lab.render.merge_fields import MISSING, merge_fields
from lab.render.merge_kptfile import merge_kptfiles
from lab.render.origin import IDENTIFIER, Origin, origin_of
from lab.render.packages import own_files
from lab.render.resources import Fault, Package, PackageFault, Resource

Strategy: TypeAlias = Callable[[Package, Package, Package], dict[str, str]]
_Key: TypeAlias = tuple[str, Origin]


def upgrade(
    original: Package, updated: Package, local: Package, *, upstream: Upstream, strategy: str = "resource-merge"
) -> dict[str, str]:
    """`local`, a copy of `original`, brought to `updated`; its name stays and its upstream becomes `upstream`.

    Raises PackageFault for an unknown strategy, for a fast-forward of a changed package, for a sub-package that both
    sides added, and for a Kptfile that cannot be read.
    """
    if strategy not in STRATEGIES:
        raise PackageFault(Fault(FILE, 0, 0, f'unrecognized update strategy "{strategy}"'))
    name = Kptfile.read(local.get(FILE, "")).name
    merged = STRATEGIES[strategy](original, updated, local)
    kptfile = Kptfile.read(merged.get(FILE, "")).with_name(name)
    merged[FILE] = kptfile.with_upstream(upstream.as_upstream(), upstream.as_lock()).text
    return merged


def resource_merge(original: Package, updated: Package, local: Package) -> dict[str, str]:
    """Objects and their fields are merged three ways; text and comments of local objects stay where unchanged."""
    _refuse_twin_packages(original, updated, local)
    before, after = _objects(original), _objects(with_origins(updated))
    here = _objects(local)
    texts: dict[str, dict[int, str | None]] = {}
    for key, resource in here.items():
        merged = _merged(before.get(key), after.get(key), resource)
        texts.setdefault(resource.file, {})[resource.line] = merged.text if merged else None
    files = _merged_files(original, updated, local, texts)
    for key, resource in after.items():
        if key not in here and key not in before:
            files[resource.file] = _appended(files.get(resource.file), resource)
    return files


def fast_forward(original: Package, updated: Package, local: Package) -> dict[str, str]:
    """The new upstream, provided that nothing was changed here."""
    changed = [
        file for file in sorted_paths({*original, *local}) if not _unchanged(file, original.get(file), local.get(file))
    ]
    if changed:
        message = (
            f"local package files have been modified: {changed!r}.\n  use a different update --strategy."
        ).replace("'", "")
        raise PackageFault(Fault(changed[0], 0, 0, message))
    return _replaced(updated, local)


def force_delete_replace(original: Package, updated: Package, local: Package) -> dict[str, str]:
    """The new upstream as it is; every change made here is lost."""
    del original
    return _replaced(updated, local)


def copy_merge(original: Package, updated: Package, local: Package) -> dict[str, str]:
    """The new upstream's files over those that are here; files that are only here stay."""
    del original
    return {**local, **_replaced(updated, local)}


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "resource-merge": resource_merge,
        "fast-forward": fast_forward,
        "force-delete-replace": force_delete_replace,
        "copy-merge": copy_merge,
    }
)


def _replaced(updated: Package, local: Package) -> dict[str, str]:
    """The new upstream with origins, and the package context that the package has here."""
    package = with_origins(updated)
    if package_context.FILE in local:
        package[package_context.FILE] = local[package_context.FILE]
    return package


def _objects(package: Package) -> dict[_Key, Resource]:
    """Objects (Kptfiles apart) by the folder of their package and their origin."""
    found: dict[_Key, Resource] = {}
    owners = own_files(package)
    for folder, files in (owners or {"": list(package)}).items():
        for file in files:
            if not is_manifest_file(file) or basename(file) == FILE:
                continue
            for resource in read_file(file, package[file])[0]:
                if krm_fault(resource) is None:
                    found.setdefault((folder, origin_of(resource)), resource)
    return found


def _merged(original: Resource | None, updated: Resource | None, local: Resource) -> Resource | None:
    if updated is None:
        gone = original is not None and same(_content(original), _content(local))
        return None if gone else local
    base: Any = _content(original) if original is not None else MISSING
    group = local.group
    built_in = "." not in group or group.endswith(".k8s.io")
    wanted = merge_fields(base, _content(updated), _content(local), lists_by_key=built_in)
    if not isinstance(wanted, dict) or same(wanted, _content(local)):
        return local
    return local.with_data(_with_identifier_of(local, wanted))


def _content(resource: Resource) -> dict[str, Any]:
    """An object's data without what clone added to it."""
    data = resource.editable()
    annotations = data["metadata"].get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(IDENTIFIER, None)
        if not annotations:
            del data["metadata"]["annotations"]
    return data


def _with_identifier_of(local: Resource, data: dict[str, Any]) -> dict[str, Any]:
    if IDENTIFIER in local.annotations:
        merged = data["metadata"].get("annotations") or {}
        kept = {key: merged[key] for key in local.annotations if key in merged}
        ordered = {
            key: merged.get(key, local.annotations[key]) for key in local.annotations if key in {*kept, IDENTIFIER}
        }
        data["metadata"]["annotations"] = {**ordered, **merged}
    return data


def _merged_files(
    original: Package, updated: Package, local: Package, texts: Mapping[str, Mapping[int, str | None]]
) -> dict[str, str]:
    files: dict[str, str] = {}
    for file, text in local.items():
        if basename(file) == FILE:
            merged = _merged_kptfile(file, original, updated, text)
            if merged is not None:
                files[file] = merged
        elif file in texts:
            chunks = [texts[file].get(line, chunk) for line, chunk in split_documents(text)]
            rest = "".join(chunk for chunk in chunks if chunk is not None)
            if None not in chunks or read_file(file, rest)[0]:
                files[file] = rest
        else:
            kept = _opaque(original.get(file), updated.get(file), text)
            if kept is not None:
                files[file] = kept
    for file, text in updated.items():
        held = is_manifest_file(file) and basename(file) != FILE and bool(read_file(file, text)[0])
        if file not in local and file not in original and not held:
            files[file] = text
    return files


def _merged_kptfile(file: str, original: Package, updated: Package, text: str) -> str | None:
    if file not in updated:
        return None if file in original and file != FILE and _unchanged(file, original[file], text) else text
    base = original.get(file)
    return merge_kptfiles(
        Kptfile.read(base, file) if base else None, Kptfile.read(updated[file], file), Kptfile.read(text, file)
    ).text


def _opaque(original: str | None, updated: str | None, local: str) -> str | None:
    """A file that holds no objects: upstream's unless it was changed here."""
    if original is None or local != original:
        return local
    return updated


def _unchanged(file: str, original: str | None, local: str | None) -> bool:
    """Whether a file is what it was when it was copied, but for what cloning writes."""
    if original is None or local is None:
        return file == package_context.FILE or original == local
    if original == local or file == package_context.FILE:
        return True
    if basename(file) == FILE:
        return same(_kptfile_content(original), _kptfile_content(local))
    pairs = [[_content(r) for r in read_file(file, text)[0] if r.metadata] for text in (original, local)]
    return is_manifest_file(file) and same(pairs[0], pairs[1])


def _kptfile_content(text: str) -> dict[str, Any]:
    kptfile = Kptfile.read(text)
    annotations = {key: value for key, value in kptfile.annotations.items() if key != IDENTIFIER}
    plain = kptfile.with_name("").with_upstream(None, None).with_annotations(annotations).with_conditions([])
    return plain.data


def _appended(text: str | None, resource: Resource) -> str:
    body = resource.text if resource.text.endswith("\n") else resource.text + "\n"
    if text is None or not text.strip():
        return body.removeprefix("---\n")
    start = "" if body.startswith("---") else "---\n"
    return (text if text.endswith("\n") else text + "\n") + start + body


def _refuse_twin_packages(original: Package, updated: Package, local: Package) -> None:
    twins = [file for file in _kptfiles(updated) if file in local and file not in original]
    if twins:
        folder = twins[0].removesuffix(f"/{FILE}")
        raise PackageFault(Fault(twins[0], 0, 0, f"subpackage {folder!r} has been added both upstream and locally"))


def _kptfiles(package: Package) -> Iterable[str]:
    return [file for file in sorted_paths(package) if basename(file) == FILE]
