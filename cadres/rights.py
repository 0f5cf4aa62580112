"""Asking for a right. What lies outside the scope is not found; what lies inside it may still be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from cadres.models import Cadre


def require(cadre: Cadre, right: str, sentence: str) -> None:
    """Answer 403 with the sentence, which says who may do this, unless the cadre has the right."""
    if not cadre.has_perm(right):
        raise PermissionDenied(sentence)
