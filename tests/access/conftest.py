"""The world of the table of access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from tests import cleaning
from tests.access.world import FOREIGN, OWN, Side, build_side


@pytest.fixture(scope="module")
def sides(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, Side]]:
    """Both districts, made once for the whole table. They are committed, since some acts begin their own snapshot."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield {number: build_side(number, timezone.now()) for number in (OWN, FOREIGN)}
        cleaning.take_back()
