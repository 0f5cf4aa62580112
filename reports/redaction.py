"""Editing the text of a draft: what was made stays beside it, and every difference is marked."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction

from reports import briefing
from reports.models import Edit

if TYPE_CHECKING:
    from datetime import datetime

    from cadres.models import Cadre
    from reports.models import Briefing

# A number with its sign of percent is one piece, so that 92.7% is never half changed; everything else is a character.
PIECES: Final = re.compile(r"\d+(?:[.,]\d+)*%?|.|\n")
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*%?")

SAME, ADDED, REMOVED = "", "added", "removed"


class EditedMeanwhileError(Exception):
    """Somebody else edited the text, or fetched the data again, since it was shown. The message is Chinese."""


class Piece(NamedTuple):
    """A stretch of text that both have, or that one of them has alone."""

    kind: str
    text: str


def difference(made: str, edited: str) -> list[Piece]:
    """How the edited text came from the one that was made."""
    before, after = PIECES.findall(made), PIECES.findall(edited)
    found: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece(SAME, "".join(before[a:b])))
            continue
        found += [Piece(REMOVED, "".join(before[a:b]))] if b > a else []
        found += [Piece(ADDED, "".join(after[c:d]))] if d > c else []
    return found


def figures_changed(made: str, edited: str) -> list[str]:
    """In words, the numbers that the edited text has and the other has not, and those it lacks."""
    before, after = Counter(NUMBER.findall(made)), Counter(NUMBER.findall(edited))
    added, removed = list((after - before).elements()), list((before - after).elements())
    said = [f"少了 {'、'.join(removed)}"] if removed else []
    return said + ([f"多了 {'、'.join(added)}"] if added else [])


@transaction.atomic
def edit(
    issue: Briefing, text: str, *, seen: int, seen_at: datetime | None, figures: str, now: datetime, by: Cadre
) -> Edit:
    """Keep an edit of the draft's text. `seen` is the number of the edit that the editor started from, 0 for none.

    Raises EditedMeanwhileError where another edit came first, and SigningError where the draft has been signed.
    """
    draft = briefing.locked_draft(issue)
    if seen_at != draft.made_at:
        raise EditedMeanwhileError("数据已重新取数，生成的正文也变了。请对照新的正文再改，核对后再次保存。")
    last, number = draft.edit, draft.edits.count()
    if last is not None and last.number != seen:
        raise EditedMeanwhileError(f"{last.by}已于 {briefing.moment(last.at)} 改过正文，请对照后再次保存。")
    return Edit.objects.create(
        briefing=draft, number=number + 1, of_made_at=draft.made_at, text=text, figures=figures, by=by, at=now
    )
