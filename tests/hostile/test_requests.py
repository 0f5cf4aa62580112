"""Hostile input at every address: whatever is sent, the answer says so, and the server never stumbles.

500 requests here; by hand as many as wanted: FUZZ_REQUESTS=10000 python3 dev.py test tests/hostile
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.access.table import ROWS, Row
from tests.access.world import Side, address, build_side
from tests.hostile import values
from tests.hostile.forms import Form, forms_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cadres.models import Cadre

pytestmark = pytest.mark.xdist_group("access")

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "500"))
FILTERS = (
    *("q", "region", "industry", "group", "status", "light", "level", "lead", "category", "triage", "urgency"),
    *("specialist", "from", "to", "campaign", "sort", "page", "size", "day", "part", "since", "seen", "after", "next"),
)
ENDING = frozenset({"logout"})


@dataclass(frozen=True)
class Target:
    """A form of somebody's page, or a bare address."""

    who: Cadre
    form: Form


@pytest.fixture(scope="module")
def targets(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Every form of every page that somebody may open. What is sent to them is committed, as it would be."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        side = build_side(2, timezone.now())
        found = [target for row in ROWS for target in _targets(row, side)]
        assert len(found) > len(ROWS)
        yield found
        call_command("flush", interactive=False, verbosity=0)


@settings(
    max_examples=REQUESTS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_no_request_makes_the_server_stumble(targets: list[Target], data: st.DataObject) -> None:
    target = targets[data.draw(st.integers(0, len(targets) - 1), label="target")]
    client = Client(headers={"HX-Request": "true"} if data.draw(st.booleans()) else {})
    client.force_login(target.who)
    sent = {
        name: data.draw(values.for_input(one), label=name)
        for name, one in target.form.inputs.items()
        if data.draw(st.integers(0, 9), label=f"with {name}")
    }
    strange = data.draw(st.dictionaries(st.sampled_from(FILTERS), values.words, max_size=3), label="strange")
    send = client.post if target.form.method == "post" else client.get
    assert send(target.form.action, {**strange, **sent}).status_code < 500


def _targets(row: Row, side: Side) -> Iterator[Target]:
    """The address itself, by GET or POST, and the forms that stand there, for one of those who may come."""
    for role in sorted(row.ok)[:1]:
        who, where = side.people[role], address(row, side, role)
        yield Target(who, Form("post" if row.post else "get", where))
        if row.post:
            continue
        client = Client()
        client.force_login(who)
        answer = client.get(where)
        if answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html"):
            for form in forms_of(answer.text):
                form.action = form.action or where
                if form.action.strip("/") not in ENDING:
                    yield Target(who, form)
