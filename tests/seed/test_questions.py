"""The document's three questions: the program has the answers, and so has this lab."""

from __future__ import annotations

import pytest

from lab.cli.explain import explained

QUESTIONS = [
    (
        "Without connection info, how does Nephio apply packages?",
        ("does not", "Git", "Config Sync", "pulls", "applies"),
    ),
    ("What's the point of ClusterContext?", ("metadata for rendering", "CNIs", "addresses", "not used for access")),
    ("What's the point of packages if Nephio can't access clusters?", ("Git is the delivery mechanism", "agent")),
]


@pytest.mark.parametrize(("question", "words"), QUESTIONS, ids=["apply", "context", "packages"])
def test_the_question_is_answered(question: str, words: tuple[str, ...]) -> None:
    """`lab explain` takes the question as it stands in the document and gives the document's answer in other words."""
    title, text = explained(question)

    assert title.rstrip("?").split()[-1] == question.rstrip("?").split()[-1]
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    "word", ["ClusterContext", "Repository", "PackageVariant", "Porch", "Git", "ConfigSync", "RootSync"]
)
def test_every_component_is_explained(word: str) -> None:
    """`lab explain` knows each component of the document's table."""
    title, text = explained(word)

    assert title
    assert len(text.split()) > 10
