"""Where thousands of rows are shown, where looking each address up anew would cost more than all else."""

from __future__ import annotations

from functools import cache

from django.urls import reverse


def page_of(name: str, key: int) -> str:
    """As reverse() has it, of a page whose one argument is a key."""
    before, after = _around_the_key(name)
    return f"{before}{key}{after}"


@cache
def _around_the_key(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=(0,)).rpartition("0")
    return before, after
