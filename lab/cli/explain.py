"""`lab explain`: a code, a stage, a kind, a part or one of the document's questions, in plain words."""

from __future__ import annotations

import click

from lab.cli.console import WIDTH, Console, table, wrap
from lab.cli.session import output_option
from lab.errors.base import LabError
from lab.errors.catalog import CATALOG
from lab.errors.people_files import nearest
from lab.model.stage import ORDER, Stage


@click.command("explain")
@click.argument("words", nargs=-1)
@output_option
@click.pass_obj
def command(console: Console, words: tuple[str, ...], output: str) -> None:
    """Explain WORDS: a code (LAB701, KNV2004), a stage, a kind, `embedded`, `lab.yaml`, or a question."""
    if not words:
        _index(console, output)
        return
    word = " ".join(words)
    title, text = explained(word)
    if output == "json":
        console.json({"schema": "lab.explain/v1", "name": word, "title": title, "text": text})
        return
    console.out(console.style(title, "bold", console.stdout))
    for paragraph in text.split("\n\n"):
        console.out()
        for line in paragraph.splitlines():
            for shown in [line] if line.startswith("  ") else wrap(line, WIDTH):
                console.out(shown)


def explained(word: str) -> tuple[str, str]:
    """Title and text for a word. Raises LabError LAB033 with the nearest known word."""
    from lab.lessons.topics import KNV, TOPICS

    code = word.upper()
    if code in CATALOG:
        return f"{code}  {CATALOG[code].title}", CATALOG[code].text
    if code in KNV:
        return f"{code}  {KNV[code][0]}", KNV[code][1]
    folded = word.lower().strip(" ?")
    for stage in ORDER:
        if folded == str(stage):
            return f"Stage {stage.number} of 9: {stage}", _stage_text(stage)
    for topic in TOPICS:
        if folded in topic.names:
            return topic.title, topic.text
    names = [*CATALOG, *KNV, *(str(s) for s in ORDER), *(name for topic in TOPICS for name in topic.names)]
    near = nearest(folded, names) or nearest(code, names)
    raise LabError(
        "LAB033",
        f'Nothing is known about "{word}".',
        f'Did you mean "{near}"?' if near else "",
        [f'lab explain "{near}"' if near else "lab explain"],
    )


def _stage_text(stage: Stage) -> str:
    codes = [c for c in CATALOG if c.startswith(f"LAB{stage.number}")]
    listed = "\n".join(f"  {code}  {CATALOG[code].title}" for code in codes)
    side = "left of the line, on the management cluster" if stage.number <= 6 else "right of the line, on the cluster"
    return f"Who acts: {stage.actor}. Done when {stage.done_when}.\n\nIt lies {side}. Where it can stop:\n{listed}"


def _index(console: Console, output: str) -> None:
    from lab.lessons.topics import KNV, TOPICS

    if output == "json":
        names = [*CATALOG, *KNV, *(str(s) for s in ORDER), *(topic.names[0] for topic in TOPICS)]
        console.json({"schema": "lab.explain.index/v1", "names": names})
        return
    console.out("Stages     " + " ".join(str(s) for s in ORDER))
    console.out("Topics")
    for line in table([(topic.names[0], topic.title) for topic in TOPICS]):
        console.out(line)
    console.out("Codes")
    for line in table([*((code, entry.title) for code, entry in CATALOG.items()), ("KNV…", " ".join(KNV))]):
        console.out(line)
