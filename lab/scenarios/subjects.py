"""What the asserts speak about: exactly one subject a step."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lab.model.spec import MANAGEMENT
from lab.model.stage import Stage
from lab.scenarios.conditions.commits import NewCommits
from lab.scenarios.conditions.condition import Condition
from lab.scenarios.conditions.credentials import CredentialFor
from lab.scenarios.conditions.logins import LoginFrom
from lab.scenarios.conditions.objects import Objects
from lab.scenarios.conditions.trails import Place, TrailAt
from lab.scenarios.fields import Cluster, Look, StageName
from lab.scenarios.match import shown
from lab.scenarios.step import LONGEST_TITLE, Part, Step, word_of


class CredentialSubject(Part):
    """A key to a cluster, its address, or a kubeconfig: in any object of `on`, or in any commit of the lab's Git."""

    for_: Cluster = Field(alias="for", description="The cluster that the key would open.")
    on: Cluster = Field(MANAGEMENT, description="The cluster whose objects are searched.")

    def condition(self) -> Condition:
        """The search."""
        return CredentialFor(self.for_, self.on)


class LoginSubject(Part):
    """An identity of one cluster (its admin, each ServiceAccount) that another one knows."""

    of: Cluster = Field(MANAGEMENT, description="Whose identities are tried.")
    on: Cluster = Field(description="Where they are tried.")

    def condition(self) -> Condition:
        """The trial."""
        return LoginFrom(self.of, self.on)


class CommitSubject(Part):
    """A commit that was not there before."""

    repo: str = Field(description="The repository, such as nephio-my-ran.")
    branch: str = Field("main", description="The branch.")
    message: str = Field("", description="A regular expression that its message holds.")

    def condition(self) -> Condition:
        """The look at the branch."""
        return NewCommits(self.repo, self.branch, self.message)


class TrailSubject(Part):
    """A trail, by its package's or its variant's name, and a stage."""

    trail: str = Field(description="The package, or its PackageVariant.")
    on: Cluster = Field("", description="The cluster, where the package goes to several.")
    stage: StageName = Field(description="The stage.")
    number: int | str = Field(0, description="The trail with this number, as `save` of an earlier `reach` has it.")

    def condition(self) -> Condition:
        """The trail at the stage, done or as the subclass says."""
        facts = self.model_dump(exclude_none=True, include={"code", "who", "text", "facts"})
        place = Place(Stage(self.stage), getattr(self, "state", "done"), facts)
        return TrailAt(self.trail, self.on, place, int(self.number))


class Subject(Step):
    """Exactly one of: an `object` on a cluster, a `credential`, a `login`."""

    on: Cluster | None = Field(None, description="The cluster of `object`.")
    object: Look = Field(None, description="What an object must look like, its `kind` named; matched by subset.")
    count: Look = Field(None, description="How many objects match; at least one where this is left out.")
    credential: CredentialSubject | None = Field(None, description="A key to a cluster is found.")
    login: LoginSubject | None = Field(None, description="An identity of one cluster is known on another.")

    @model_validator(mode="after")
    def _one_of(self) -> Subject:
        given = [name for name in self.subjects() if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(self.subjects())} is expected")
        if self.object is not None and not (isinstance(self.object, dict) and isinstance(self.object.get("kind"), str)):
            raise ValueError("`object` names a `kind`")
        if self.object is None and (self.on is not None or self.count is not None):
            raise ValueError("`on` and `count` belong to `object`")
        return self

    def subjects(self) -> list[str]:
        """The fields of which one is given."""
        return ["object", "credential", "login"]

    def title(self) -> str:
        """The subject, as kind and name or in the words of its fields."""
        word = word_of(type(self))
        if isinstance(self.object, dict):
            meta = self.object.get("metadata")
            name = meta.get("name") if isinstance(meta, dict) else None
            count = f"{shown(self.count)} × " if self.count is not None else ""
            named = f"{self.object.get('kind')}{'/' + shown(name) if name else ''}"
            return f"{word} {count}{named} on {self.on or MANAGEMENT}"[:LONGEST_TITLE]
        given = next(name for name in self.subjects() if getattr(self, name) is not None)
        facts = getattr(self, given).model_dump(exclude_defaults=True)
        return " ".join([word, given, *(str(value) for value in facts.values())])[:LONGEST_TITLE]

    def condition(self) -> Condition:
        """What is looked at."""
        if self.object is not None:
            return Objects(self.on or MANAGEMENT, self.object, self.count)
        subject: Any = next(getattr(self, name) for name in self.subjects() if getattr(self, name) is not None)
        condition: Condition = subject.condition()
        return condition


class EveryCondition(Subject):
    """Exactly one of: an `object`, a `credential`, a `login`, a `commit`, a trail that `reach`es a stage."""

    def subjects(self) -> list[str]:
        """The fields of which one is given."""
        return [*super().subjects(), "commit", "reach"]
