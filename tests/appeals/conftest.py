from __future__ import annotations

import pytest

from tests.appeals.people import People


@pytest.fixture
def people(db: None) -> People:
    return People()
