"""Step tables: the one place that says which step leads from where to where and who may take it.

Buttons, views, tests and the database triggers of a workflow all read its table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cadres.models import Cadre


class IllegalStepError(Exception):
    """A step that can't be taken now. The message is Chinese and says what happened and what to do."""


class Step(NamedTuple):
    """One row of a step table.

    `target` is None where the status stays as it is. `carries` names the fields that the step sets on the subject;
    `permission` is "" for steps that only the system takes. `link_too`: also the enterprise itself, by its signed link.
    """

    label: str
    sources: tuple[str, ...]
    target: str | None
    permission: str
    carries: tuple[str, ...] = ()
    system_too: bool = False
    link_too: bool = False

    def target_from(self, source: str) -> str:
        return source if self.target is None else self.target


@dataclass(frozen=True)
class StepTable:
    """All steps of one kind of subject, and the statuses in which it may begin."""

    steps: Mapping[str, Step]
    initial: str

    def __getitem__(self, name: str) -> Step:
        return self.steps[name]

    def __contains__(self, name: object) -> bool:
        return name in self.steps

    def from_status(self, status: str) -> list[str]:
        """Names of the steps that the table allows in this status, in the table's order."""
        return [name for name, step in self.steps.items() if status in step.sources]

    def moves(self) -> Iterator[tuple[str, str, str]]:
        """Every legal (step, before, after)."""
        for name, step in self.steps.items():
            for source in step.sources:
                yield name, source, step.target_from(source)

    def transitions(self) -> list[tuple[str, str]]:
        """Every legal change of status, once."""
        return sorted({(before, after) for _, before, after in self.moves() if before != after})


@dataclass(frozen=True)
class Actor:
    """Who takes a step: a cadre (perhaps for another), an enterprise's signed link, or the system."""

    CADRE = "cadre"
    LINK = "link"
    SYSTEM = "system"

    kind: str
    cadre: Cadre | None = None
    on_behalf_of: Cadre | None = None
    label: str = ""

    @classmethod
    def of(cls, cadre: Cadre) -> Actor:
        """A cadre; where a deputy acts for them, the deputy, on their behalf."""
        return cls(cls.CADRE, cadre.person, cadre if cadre.deputy else None, cadre.person.name)

    @property
    def capacity(self) -> Cadre | None:
        """Whose roles, unit and scope count, with the deputy who acts for them; None where no cadre acts."""
        return self.on_behalf_of or self.cadre

    @classmethod
    def system(cls) -> Actor:
        return cls(cls.SYSTEM, label="系统")

    @classmethod
    def link(cls, label: str) -> Actor:
        """`label` says who answered through the link, e.g. the contact's name."""
        return cls(cls.LINK, label=label)
