"""Making an appeal of a blocked row of the policy ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction

from appeals.blocks import open_of
from appeals.models import Category
from appeals.registration import register
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import Appeal
    from cadres.models import Cadre
    from policies.models import Fulfilment

CATEGORY: Final = "政策兑现"
LONGEST_TITLE: Final = 40
LONGEST_DESCRIPTION: Final = 1000


def raise_appeal(row: Fulfilment, *, by: Cadre, now: datetime) -> Appeal:
    """Submit the appeal of a blocked row; where one is open already, that one. Two who press at once get the same.

    Raises IllegalStepError where nothing is in the way of the row.
    """
    if not row.block:
        raise IllegalStepError("该记录没有堵点，请先登记堵点。")
    try:
        with transaction.atomic():
            return open_of(row) or _register(row, by, now)
    except IntegrityError as error:
        earlier = open_of(row)
        if earlier is None or "appeal_open_once_per_fulfilment_if_any" not in str(error):
            raise
        return earlier


def _register(row: Fulfilment, by: Cadre, now: datetime) -> Appeal:
    policy = row.item.policy
    named = f"《{policy.title}》{policy.document_number}“{row.item.name}”（{row.period_words}）"
    return register(
        row.enterprise,
        by=by,
        now=now,
        fulfilment=row,
        title=f"政策兑现堵点：{row.item.name}"[:LONGEST_TITLE],
        description=f"{named}兑现遇到堵点：{row.block}"[:LONGEST_DESCRIPTION],
        category=_category(),
    )


def _category() -> Category:
    """The editable list may have been renamed; then the last of those in use, which is 其他."""
    active = Category.objects.filter(active=True)
    found = active.filter(name=CATEGORY).first() or active.last()
    assert found is not None  # noqa: S101 - seeded, and never emptied
    return found
