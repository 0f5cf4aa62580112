"""What one kind of ledger is: the list it belongs to, and the columns of its sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import QueryDict

    from cadres.listing import FilterForm, Sorts
    from cadres.models import Cadre
    from reports.ledgers.columns import Column
    from reports.ledgers.reader import Reader


@dataclass(frozen=True)
class LedgerKind:
    """`form`, `sorts` and `default_sort` are those of the list named `list_name`; `right` lets one see it.

    `refusal` says who has the right. `rows` gives what the form's cadre may see, before the form narrows it.
    """

    right: str
    refusal: str
    list_name: str
    form: Callable[[QueryDict, Cadre, datetime], FilterForm]
    rows: Callable[[FilterForm, datetime], QuerySet[Any]]
    sorts: Sorts
    default_sort: str
    columns: Callable[[Reader], list[Column]]
