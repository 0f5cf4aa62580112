"""The bulletins' pages: who sees which, what they say, and what happens when two people act at once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cadres.models import AuditRow, Cadre, Region
from cadres.roles import Role
from reports import evidence
from reports.models import Briefing
from reports.outputs import workbook
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import draft, of, sign
from tests.reports.karamay import CITY, DAY, DUSHANZI, TIANSHAN, WUERHE, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def office(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.OFFICE, region=tree[CITY], name="钱志远")


@pytest.fixture
def issue(tree: dict[str, Region]) -> Briefing:
    karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None)
    karamay.enterprises(tree[DUSHANZI], "full")
    return draft(tree[CITY])


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def page(cadre: Cadre, url: str) -> str:
    response = signed_in(cadre).get(url)
    assert response.status_code == 200
    return response.content.decode()


# --- the list --------------------------------------------------------------------------------------------------


def test_the_list_shows_ones_region_and_below_newest_first(
    tree: dict[str, Region], issue: Briefing, office: Cadre
) -> None:
    draft(tree[DUSHANZI])
    draft(tree[CITY], DAY + timedelta(days=1), now=at(17, day=DAY + timedelta(days=1)))
    shown = page(office, reverse("reports:briefings"))
    names = ["克拉玛依市每日复工通报 第2期", "克拉玛依市每日复工通报 第1期", "独山子区每日复工通报 第1期"]
    places = [shown.index(f">{name}</a>") for name in names]
    assert places == sorted(places)
    district = page(factories.cadre(Role.OFFICE, region=tree[DUSHANZI]), reverse("reports:briefings"))
    assert "独山子区每日复工通报 第1期" in district
    assert "克拉玛依市每日复工通报" not in district


@pytest.mark.parametrize("role", [Role.LEADER, Role.SUPERVISOR])
def test_leaders_and_supervisors_see_what_is_signed_and_no_draft(
    tree: dict[str, Region], issue: Briefing, office: Cadre, role: Role
) -> None:
    reader = factories.cadre(role, region=tree[CITY])
    assert "还没有通报" in page(reader, reverse("reports:briefings"))
    assert signed_in(reader).get(issue.get_absolute_url()).status_code == 404
    sign(issue, office)
    assert str(issue) in page(reader, reverse("reports:briefings"))
    shown = page(reader, issue.get_absolute_url())
    assert "重新取数" not in shown
    assert reverse("reports:briefing_sign", args=(issue.pk,)) not in shown


def test_the_list_narrows_by_state_region_and_day(tree: dict[str, Region], issue: Briefing, office: Cadre) -> None:
    district = draft(tree[DUSHANZI])
    sign(issue, office)
    url = reverse("reports:briefings")
    assert str(district) not in page(office, f"{url}?status=signed")
    assert str(issue) not in page(office, f"{url}?status=draft")
    assert str(issue) not in page(office, f"{url}?region={DUSHANZI}")
    assert "没有符合条件的记录" in page(office, f"{url}?from=2026-11-19")
    assert "没有查询" in page(office, f"{url}?status=lost")


def test_a_long_list_takes_as_many_statements_as_a_short_one(
    tree: dict[str, Region], issue: Briefing, office: Cadre
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(office, reverse("reports:briefings"))
        return len(queries)

    sign(draft(tree[CITY], DAY - timedelta(days=1), now=at(17, day=DAY - timedelta(days=1))), office)
    few = statements()
    for days in range(2, 20):
        day = DAY - timedelta(days=days)
        sign(draft(tree[CITY], day, now=at(17, day=day)), office, now=at(18, day=day))
    assert statements() == few


# --- one bulletin ----------------------------------------------------------------------------------------------


def test_the_page_shows_text_tables_and_where_the_figures_come_from(issue: Briefing, office: Cadre) -> None:
    shown = page(office, issue.get_absolute_url())
    assert "这是草稿，尚未签发" in shown
    for paragraph in issue.text.splitlines():
        assert paragraph in shown
    for words in ("总览", "区县园区", "上报情况", "未复工", "未报", "克拉玛依区", "60.0%", issue.evidence_sha256):
        assert words in shown
    for one in of(issue).not_resumed:
        assert one.name in shown


def test_signed_the_page_names_the_signer_and_offers_no_change(issue: Briefing, office: Cadre) -> None:
    sign(issue, office)
    shown = page(office, issue.get_absolute_url())
    assert "钱志远" in shown
    assert "2026-11-18 17:20" in shown
    assert "草稿" not in shown
    assert reverse("reports:briefing_refetch", args=(issue.pk,)) not in shown


def test_outside_the_region_it_is_not_found(tree: dict[str, Region], issue: Briefing) -> None:
    stranger = signed_in(factories.cadre(Role.OFFICE, region=tree[WUERHE]))
    for name in ("briefing", "briefing_workbook", "briefing_sign"):
        assert stranger.get(reverse(f"reports:{name}", args=(issue.pk,))).status_code == 404
    for name in ("briefing_refetch", "briefing_sign"):
        assert stranger.post(reverse(f"reports:{name}", args=(issue.pk,))).status_code == 404


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.HANDLER, Role.SYSADMIN])
def test_who_does_not_oversee_a_region_may_not_look(tree: dict[str, Region], issue: Briefing, role: Role) -> None:
    client = signed_in(factories.cadre(role, region=tree[CITY]))
    answer = client.get(reverse("reports:briefings"))
    assert answer.status_code == 403
    assert "只有办公室、督查和领导可以查看每日通报" in answer.content.decode()
    assert client.get(issue.get_absolute_url()).status_code == 404


def test_many_districts_and_enterprises_take_as_many_statements_as_few(
    tree: dict[str, Region], issue: Briefing, office: Cadre
) -> None:
    def statements(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(office, url)
        return len(queries)

    few = statements(issue.get_absolute_url())
    for number in range(10, 30):
        district = factories.RegionFactory.create(
            code=f"6502{number}000000", name=f"{number}区", kind="district", parent=tree[CITY]
        )
        karamay.enterprises(district, "none", None)
    next_day = draft(tree[CITY], DAY + timedelta(days=1), now=at(17, day=DAY + timedelta(days=1)))
    assert statements(next_day.get_absolute_url()) == few


# --- signing ---------------------------------------------------------------------------------------------------


def test_who_signs_is_shown_what_is_signed(issue: Briefing, office: Cadre) -> None:
    client, url = signed_in(office), reverse("reports:briefing_sign", args=(issue.pk,))
    shown = client.get(url).content.decode()
    assert "确认签发《克拉玛依市每日复工通报 第1期》？签发后数据和文字都不能再改。" in shown
    assert issue.text.splitlines()[0] in shown
    assert issue.evidence_sha256 in shown
    answer = client.post(url, {"seen_at": issue.made_at.isoformat()})
    assert said(answer) == ["已签发 克拉玛依市每日复工通报 第1期"]
    issue.refresh_from_db()
    assert issue.signed_by == office


def test_who_comes_second_is_told_who_signed(issue: Briefing, office: Cadre, tree: dict[str, Region]) -> None:
    second, url = (
        signed_in(factories.cadre(Role.OFFICE, region=tree[CITY])),
        reverse("reports:briefing_sign", args=(issue.pk,)),
    )
    sign(issue, office)
    answer = second.post(url, {"seen_at": issue.made_at.isoformat()})
    assert said(answer) == ["钱志远已于 11-18 17:20 签发，不能再签发或重新取数。"]
    assert said(second.get(url))[-1] == "钱志远已经签发这期通报。"


@pytest.mark.parametrize("seen_at", ["", "gestern", "2026-13-45T00:00:00+08:00", "2026-11-18T16:00:00+08:00"])
def test_what_was_not_seen_is_not_signed(issue: Briefing, office: Cadre, seen_at: str) -> None:
    answer = signed_in(office).post(reverse("reports:briefing_sign", args=(issue.pk,)), {"seen_at": seen_at})
    assert said(answer) == ["11-18 17:00 已重新取数，请看过新的数据再签发。"]
    assert Briefing.objects.get().signed_at is None


def test_the_city_does_not_sign_for_a_district(tree: dict[str, Region], issue: Briefing, office: Cadre) -> None:
    district = draft(tree[DUSHANZI])
    client = signed_in(office)
    for name in ("briefing_sign", "briefing_refetch"):
        answer = client.post(reverse(f"reports:{name}", args=(district.pk,)), {"seen_at": district.made_at.isoformat()})
        assert answer.status_code == 403
        assert "只有本辖区助企办公室可以签发通报" in answer.content.decode()
    assert reverse("reports:briefing_sign", args=(district.pk,)) not in page(office, district.get_absolute_url())


def test_a_reader_may_not_sign(tree: dict[str, Region], issue: Briefing, office: Cadre) -> None:
    sign(issue, office)
    leader = signed_in(factories.cadre(Role.LEADER, region=tree[CITY]))
    assert leader.get(reverse("reports:briefing_sign", args=(issue.pk,))).status_code == 403
    assert leader.post(reverse("reports:briefing_refetch", args=(issue.pk,))).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_fetched_again_by_a_button(tree: dict[str, Region], office: Cadre) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = draft(tree[CITY], now=at(10))
    client, url = signed_in(office), reverse("reports:briefing_refetch", args=(issue.pk,))
    assert client.get(url).status_code == 405
    assert said(client.post(url)) == ["已重新取数，数据截至 11-18 15:00"]
    issue.refresh_from_db()
    sign(issue, office)
    assert said(client.post(url))[-1].startswith("钱志远已于 11-18 17:20 签发")


# --- taking a copy ---------------------------------------------------------------------------------------------


def test_a_download_is_the_workbook_and_is_in_the_audit_log(issue: Briefing, office: Cadre) -> None:
    answer = signed_in(office).get(reverse("reports:briefing_workbook", args=(issue.pk,)))
    assert answer.content == workbook.of(issue)
    assert answer["Content-Type"] == workbook.CONTENT_TYPE
    name = "克拉玛依市每日复工通报 第1期（2026-11-18）草稿.xlsx"
    assert answer["Content-Disposition"] == f"attachment; filename*=utf-8''{quote(name)}"
    row = AuditRow.objects.get(action=AuditRow.Action.DOWNLOAD)
    assert (row.cadre, row.subject) == (office, name)
    assert row.detail == {"briefing": issue.pk, "sha256": evidence.checksum(answer.content)}


def test_two_people_get_the_same_copy(tree: dict[str, Region], issue: Briefing, office: Cadre) -> None:
    sign(issue, office)
    url = reverse("reports:briefing_workbook", args=(issue.pk,))
    leader = factories.cadre(Role.LEADER, region=tree[CITY])
    copies = [signed_in(reader).get(url).content for reader in (office, leader)]
    assert copies[0] == copies[1]
    assert AuditRow.objects.filter(action=AuditRow.Action.DOWNLOAD).count() == 2
