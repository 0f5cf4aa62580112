"""Saving an item: its open rows follow its window, and whichever department is responsible sees their enterprises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from policies import access
from policies.models import Fulfilment, Item
from policies.workflow import UNDECLARED

if TYPE_CHECKING:
    from policies.forms import ItemForm


@transaction.atomic
def save_item(form: ItemForm) -> Item:
    """Save a valid form. Rows that had a last day of their own keep it; what has lapsed stays so until reopened."""
    before = Item.objects.filter(pk=form.instance.pk).first()
    item = form.save()
    if before:
        follow(before, item)
    return item


def follow(before: Item, item: Item) -> None:
    """What belongs to an item that has changed."""
    if before.closes_on != item.closes_on:
        rows = Fulfilment.objects.filter(item=item, status__in=UNDECLARED, closes_on=before.closes_on)
        rows.update(closes_on=item.closes_on, reminded_at=None)
    if before.department_id != item.department_id:
        access.hand_over(item)
