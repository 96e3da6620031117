"""What a PackageVariant makes of a package: context, pipeline and injected objects, in this order.

Source: Porch, PackageVariant controller, mutations of the package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.kit.yaml_edit import same
from lab.kit.yaml_nodes import YamlFault, compose, data_of
from lab.orchestrators.builtin.kptfile_facts import KPTFILE
from lab.orchestrators.builtin.variant_spec import VariantSpec
from lab.render.injection import inject
from lab.render.kptfile import Kptfile
from lab.render.package_context import with_package_context

Texts = Mapping[str, str]


def varied(package: Texts, spec: VariantSpec, objects: Sequence[Mapping[str, Any]], revision: str) -> dict[str, str]:
    """The package as the variant wants it; the same texts where it already is so.

    `objects` are those of the management cluster that may be injected, `revision` is `namespace/name` for messages.
    Raises PackageFault.
    """
    changed = with_package_context(package, spec.context, spec.removed_context, revision)
    kptfile = Kptfile.read(changed.get(KPTFILE, "")).with_variant_functions(spec.name, spec.mutators, spec.validators)
    changed = {**changed, KPTFILE: kptfile.text}
    changed, _ = inject(changed, spec.injectors, objects)
    return changed if differs(package, changed) else dict(package)


def differs(before: Texts, after: Texts) -> bool:
    """Whether files differ in text; Kptfiles are compared by what they mean."""
    if before.keys() != after.keys():
        return True
    return any(
        before[path] != after[path] and (path != KPTFILE or not _same_meaning(before[path], after[path]))
        for path in before
    )


def _same_meaning(left: str, right: str) -> bool:
    try:
        return same(data_of(compose(left)), data_of(compose(right)))
    except YamlFault:
        return False
