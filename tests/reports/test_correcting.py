"""A corrected bulletin: a further version beside the old one, which says what changed, who asked and who approved."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cadres.models import Cadre, Region
from cadres.roles import Role
from reports import briefing, correcting
from reports.models import Briefing
from reports.outputs import correction, workbook
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import of, sign
from tests.reports.karamay import CITY, DAY, DUSHANZI, TIANSHAN, at
from tests.reports.test_briefing_text import client_of
from tests.reports.test_briefing_workbook import opened
from tests.reports.test_indicators import days_ago

# The rows of a bulletin are read in a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)

WHAT = "天山街道一家企业的状况补报晚了"


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


@pytest.fixture
def office(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.OFFICE, region=tree[CITY], name="钱志远")


@pytest.fixture
def leader(tree: dict[str, Region]) -> Cadre:
    return factories.cadre(Role.LEADER, region=tree[CITY], name="赵市长")


@pytest.fixture
def signed(tree: dict[str, Region], office: Cadre) -> Briefing:
    """Signed with one of two resumed; afterwards the other turned out to have resumed as well."""
    some = karamay.enterprises(tree[TIANSHAN], "full", "none")
    karamay.freeze(tree[CITY], *some)
    issue = sign(briefing.freeze(tree[CITY], DAY, now=at(17)), office)
    karamay.report(some[1], "full", at(18))
    return Briefing.objects.get(pk=issue.pk)


def corrected(issue: Briefing, leader: Cadre, office: Cadre, **values: Any) -> Briefing:
    words = {"what": WHAT, "asked_by": "独山子区助企办", "approved_by": leader, "now": at(19), "by": office}
    return correcting.correct(issue, **(words | values))


def test_a_correction_counts_what_is_known_now_and_says_what_changed(
    signed: Briefing, leader: Cadre, office: Cadre
) -> None:
    draft = corrected(signed, leader, office)
    assert (draft.number, draft.version, str(draft)) == (1, 2, "克拉玛依市每日复工通报 第1期（更正）")
    assert (of(draft).total.resumed, of(signed).total.resumed) == (2, 1)
    changes = correction.changes(draft)
    assert changes is not None
    assert ("总览", "全市", "复工率", "50.0%", "100.0%") in [row.values for row in changes.rows]
    assert correction.note(draft) == f"更正说明：{WHAT}（提出：独山子区助企办；批准：赵市长）"


def test_the_old_version_stays_and_leads_to_the_new_one_once_that_is_signed(
    signed: Briefing, leader: Cadre, office: Cadre
) -> None:
    file, url = bytes(signed.workbook or b""), signed.get_absolute_url()
    draft = corrected(signed, leader, office)
    reader = client_of(leader)
    assert "已更正" not in reader.get(url).content.decode()
    assert reader.get(draft.get_absolute_url()).status_code == 404
    sign(draft, office, at(19, 30))
    old = reader.get(url).content.decode()
    assert "本期已更正，请以" in old
    assert draft.get_absolute_url() in old
    assert "已更正" in reader.get(reverse("reports:briefings")).content.decode()
    new = reader.get(draft.get_absolute_url()).content.decode()
    for words in (WHAT, "独山子区助企办", "赵市长", "更正对照", url):
        assert words in new
    assert bytes(Briefing.objects.get(pk=signed.pk).workbook or b"") == file


def test_the_workbook_of_a_correction_shows_both_values(signed: Briefing, leader: Cadre, office: Cadre) -> None:
    book = opened(workbook.of(sign(corrected(signed, leader, office), office, at(19, 30))))
    assert book.sheetnames[-1] == "更正对照"
    rows = [[cell.value for cell in row] for row in book["更正对照"].iter_rows(min_row=4)]
    assert ["总览", "全市", "复工率", "50.0%", "100.0%"] in rows
    shown = [str(row[0].value).strip() for row in book["总览"].iter_rows()]
    assert f"更正说明：{WHAT}（提出：独山子区助企办；批准：赵市长）" in shown


def test_the_next_day_compares_with_the_corrected_version(
    tree: dict[str, Region], signed: Briefing, leader: Cadre, office: Cadre
) -> None:
    tomorrow = days_ago(-1)
    before = of(briefing.freeze(tree[CITY], tomorrow, now=at(17, day=tomorrow)))
    assert before.total.resumed_before == 1
    Briefing.objects.filter(day=tomorrow).delete()
    draft = corrected(signed, leader, office)
    unsigned = of(briefing.freeze(tree[CITY], tomorrow, now=at(17, day=tomorrow)))
    assert unsigned.total.resumed_before == 1
    Briefing.objects.filter(day=tomorrow).delete()
    sign(draft, office, at(19, 30))
    assert of(briefing.freeze(tree[CITY], tomorrow, now=at(17, day=tomorrow))).total.resumed_before == 2


def test_an_unsigned_or_superseded_version_is_not_corrected(
    tree: dict[str, Region], signed: Briefing, leader: Cadre, office: Cadre
) -> None:
    draft = corrected(signed, leader, office)
    with pytest.raises(briefing.SigningError, match="还没有签发"):
        corrected(signed, leader, office)
    again = briefing.refetch(draft, now=at(19, 10), by=office)
    assert (again.cut_off_at, again.version) == (at(19, 10), 2)
    sign(again, office, at(19, 30))
    with pytest.raises(briefing.SigningError, match="请在那一版上更正"):
        corrected(signed, leader, office)
    assert str(corrected(again, leader, office, now=at(20))).endswith("第1期（第2次更正）")


def test_a_correction_without_reason_or_approval_is_impossible(signed: Briefing, office: Cadre) -> None:
    with pytest.raises(IntegrityError, match="briefing_correction_says_what_and_who"), transaction.atomic():
        Briefing.objects.create(
            region=signed.region, day=signed.day, number=1, version=2, cut_off_at=at(15), made_at=at(19), evidence=b""
        )


def test_the_form_asks_for_everything_and_offers_the_regions_leaders(
    tree: dict[str, Region], signed: Briefing, leader: Cadre, office: Cadre
) -> None:
    stranger = factories.cadre(Role.LEADER, region=tree[DUSHANZI])
    client, url = client_of(office), reverse("reports:briefing_correct", args=(signed.pk,))
    assert "赵市长" in client.get(url).content.decode()
    values = {"what": WHAT, "asked_by": "独山子区助企办", "approved_by": str(leader.pk)}
    for wrong in ({"what": "错了"}, {"asked_by": ""}, {"approved_by": str(stranger.pk)}):
        assert client.post(url, values | wrong).status_code == 422
    assert Briefing.objects.count() == 1
    answer = client.post(url, values)
    assert answer["Location"] == Briefing.objects.get(version=2).get_absolute_url()
    again = client.post(url, values)
    assert again.status_code == 422
    assert "还没有签发" in again.content.decode()


def test_an_unsigned_correction_alerts_like_any_draft(signed: Briefing, leader: Cadre, office: Cadre) -> None:
    corrected(signed, leader, office)
    briefing.alert_unsigned(at(19, 29))
    assert not briefing.Outbox.objects.filter(subject__contains="尚未签发").exists()
    briefing.alert_unsigned(at(19, 30))
    assert briefing.Outbox.objects.filter(subject__contains="（更正） 尚未签发").count() == 1
