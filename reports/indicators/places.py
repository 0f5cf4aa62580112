"""Where a row lies, seen from a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Func, Value

if TYPE_CHECKING:
    from cadres.models import Region


def place_below(region: Region, path: str) -> Func:
    """The code of the region one step below this one in which a row's path lies; "" for the region itself."""
    step = region.path.count("/") + 1
    return Func(F(path), Value("/"), Value(step), function="split_part", output_field=models.CharField())
