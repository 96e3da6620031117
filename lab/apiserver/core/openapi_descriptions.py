"""Sentences about built-in fields, for `kubectl explain`, read from the Kubernetes Python client's own model files.

The lab's data holds no prose. Where the package `kubernetes` is installed, its generated models carry the
descriptions of Kubernetes' OpenAPI; one model file is read as text when it is asked for. Both generations of models
are understood: properties with docstrings, and pydantic fields with `description=`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

ReadModel = Callable[[str], str | None]
"""Gives the text of a model file by its name such as `v1_pod_spec.py`, or None if there is no such file."""

_PREFIXES = {
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.": "apiextensions",
    "io.k8s.kube-aggregator.pkg.apis.apiregistration.": "apiregistration",
    "io.k8s.apimachinery.pkg.apis.meta.": "meta",
    "io.k8s.apimachinery.pkg.": "",
}
_FIELD = re.compile(
    r"^    (?P<name>\w+): [^\n]*? = Field\((?P<arguments>[^\n]*)\)$",
    re.MULTILINE,
)
_ALIAS = re.compile(r'serialization_alias="([^"]+)"')
_DESCRIPTION = re.compile(r'description=("(?:[^"\\]|\\.)*")')
_CLASS = re.compile(r'^class \w+\([^\n]*\):\n    """\n(?P<text>.*?)\n\s*Attributes:', re.MULTILINE | re.DOTALL)
_PROPERTY = re.compile(
    r'    @property\n    def (?P<name>\w+)\(self\):\n        """Gets the [^\n]*\n\n(?P<text>.*?)\n\n        :return:',
    re.DOTALL,
)
_AFTER_FIELDS = "\n    openapi_types: ClassVar"
_NAMES = re.compile(r"^    attribute_map = (\{.*?\n    \})", re.MULTILINE | re.DOTALL)


def describer(read: ReadModel) -> Callable[[str], Mapping[str, str]]:
    """A function from component name to its sentences by property, the component's own under the empty name."""
    known: dict[str, Mapping[str, str]] = {}

    def describe(component: str) -> Mapping[str, str]:
        if component not in known:
            text = next((found for name in model_files(component) if (found := read(name)) is not None), None)
            known[component] = {} if text is None else sentences(text)
        return known[component]

    return describe


def model_files(component: str) -> Iterator[str]:
    """Where the model of a component may be, most specific first: the group stands before names that two groups use."""
    group, _, rest = component.removeprefix("io.k8s.api.").partition(".")
    for prefix, special in _PREFIXES.items():
        if component.startswith(prefix):
            group, rest = special, component.removeprefix(prefix)
            break
    snake = "_".join(_snake(part) for part in rest.split("."))
    yield f"{group.replace('.', '_')}_{snake}.py"
    yield f"{snake}.py"


def _snake(name: str) -> str:
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced).lower()


def sentences(model: str) -> dict[str, str]:
    """The sentences in the text of one model file, by JSON name of the property."""
    found: dict[str, str] = {}
    begin = max(0, model.find("\nclass "))
    if whole := _CLASS.search(model, begin):
        found[""] = " ".join(whole["text"].split())
    # What follows the fields of a pydantic model is long and says nothing.
    end = model.find(_AFTER_FIELDS, begin)
    for field in _FIELD.finditer(model, begin, end if end >= 0 else len(model)):
        told = _DESCRIPTION.search(field["arguments"])
        alias = _ALIAS.search(field["arguments"])
        if told:
            found[alias[1] if alias else field["name"]] = ast.literal_eval(told[1])
    return found if len(found) > 1 else found | _from_docstrings(model)


def _from_docstrings(model: str) -> dict[str, str]:
    mapped = _NAMES.search(model)
    names: dict[str, str] = ast.literal_eval(mapped[1]) if mapped else {}
    return {
        names.get(found["name"], found["name"]): " ".join(found["text"].replace("# noqa: E501", "").split())
        for found in _PROPERTY.finditer(model)
    }
