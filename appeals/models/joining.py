from __future__ import annotations

from appeals.models.appeal import Appeal
from appeals.models.co_keys import FOLLOWING


class Joining(Appeal.co_departments.through):  # type: ignore[name-defined,misc]
    """The links of appeals to their co-departments, as far as Appeal.co_keys follow them."""

    class Meta:
        proxy = True
        verbose_name = verbose_name_plural = "协办"
        triggers = FOLLOWING
