"""长辈模式: pages in larger letters, by the server alone."""

import pytest
from django.test import Client

from cadres.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db

LARGE = '<html lang="zh-CN" class="is-large">'


def test_larger_letters_are_switched_on_and_off_for_oneself_alone() -> None:
    person, other = factories.cadre(Role.SPECIALIST), factories.cadre(Role.SPECIALIST)
    client, elsewhere = Client(), Client()
    client.force_login(person)
    elsewhere.force_login(other)

    answer = client.post("/account/reading/", {"large_text": "on", "username": "root"}, follow=True)
    assert "已切换到长辈模式" in answer.text
    for path in ("/", "/account/", "/inbox/", "/nothing-here/"):
        assert LARGE in client.get(path).text
    assert LARGE not in elsewhere.get("/account/").text
    person.refresh_from_db()
    assert person.large_text
    assert person.username != "root"

    assert "已恢复标准字号" in client.post("/account/reading/", follow=True).text
    assert LARGE not in client.get("/").text


def test_looking_at_the_address_changes_nothing() -> None:
    client = Client()
    client.force_login(factories.cadre(Role.SPECIALIST))
    assert client.get("/account/reading/?large_text=on").status_code == 405
