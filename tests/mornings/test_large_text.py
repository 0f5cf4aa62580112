"""长辈模式 on a desk and a phone: whoever reads larger letters gets through the same pages."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cadres.models import Cadre
from tests.appeals.people import People
from tests.mornings.conftest import DESK, PHONE, SitDown

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("mornings"),
]

ROOT_SIZE = "getComputedStyle(document.documentElement).fontSize"
TARGETS_TOO_SMALL = """() => [...document.querySelectorAll('.tabbar a, main .btn')]
    .filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.trim())"""


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_larger_letters_fit_every_page_of_the_menu(people: People, sit_down: SitDown, width: int) -> None:
    appeal = people.submitted(timezone.now(), title="冷库用电负荷不足，春节前需要增容")
    Cadre.objects.filter(pk=people.specialist.pk).update(large_text=True)
    page = sit_down(people.specialist, width=width)
    assert page.evaluate(ROOT_SIZE) == "20px"
    paths = page.eval_on_selector_all(".sidebar a[href^='/']", "all => all.map(one => one.getAttribute('href'))")
    assert len(paths) > 5
    own = [
        appeal.get_absolute_url(),
        people.enterprise.get_absolute_url(),
        f"/visits/new/?enterprise={people.enterprise.pk}",
    ]
    for path in [*paths, "/account/", *own]:
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(TARGETS_TOO_SMALL) == []
