"""Editing a bulletin's text before it is signed: nothing typed is lost, and no figure changes unseen."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.db import InternalError, transaction
from django.test import Client
from django.urls import reverse

from cadres.models import Cadre, Region
from cadres.roles import Role
from reports import briefing, redaction
from reports.models import Briefing, Edit
from reports.outputs import workbook
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import draft, sign
from tests.reports.karamay import CITY, DUSHANZI, TIANSHAN, at
from tests.reports.test_briefing_workbook import opened

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
    return draft(tree[CITY])


def client_of(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def edited(issue: Briefing, text: str, by: Cadre, *, seen: int = 0, figures: str = "") -> Edit:
    return redaction.edit(issue, text, seen=seen, seen_at=issue.made_at, figures=figures, now=at(17, 5), by=by)


def posted(issue: Briefing, text: str, *, seen: int = 0, figures: str = "") -> dict[str, str]:
    return {"text": text, "seen": str(seen), "seen_at": issue.made_at.isoformat(), "figures": figures}


def test_numbers_are_compared_whole_and_words_character_by_character() -> None:
    pieces = redaction.difference("复工率92.7%，较前一日提高", "复工率95.0%，比昨日提高")
    assert ("removed", "92.7%") in pieces
    assert ("added", "95.0%") in pieces
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == "复工率95.0%，比昨日提高"
    assert redaction.figures_changed("甲1家，92.7%", "甲1家，95.0%") == ["少了 92.7%", "多了 95.0%"]
    assert redaction.figures_changed("甲1家、乙2家", "乙2家、甲1家") == []


def test_what_is_edited_is_read_and_the_made_text_stays_beside_it(issue: Briefing, office: Cadre) -> None:
    url = reverse("reports:briefing_text", args=(issue.pk,))
    client, text = client_of(office), f"各区县要压实责任。\n{issue.text}"
    assert issue.text.splitlines()[0] in client.get(url).content.decode()
    assert client.post(url, posted(issue, text)).status_code == 302
    issue.refresh_from_db()
    assert issue.body == text
    page = client.get(issue.get_absolute_url()).content.decode()
    assert "<ins>各区县要压实责任。" in page
    assert "与系统生成的正文的差异" in page
    assert "数字少了" not in page


def test_a_changed_figure_needs_a_reason_and_is_marked(issue: Briefing, office: Cadre) -> None:
    url, client = reverse("reports:briefing_text", args=(issue.pk,)), client_of(office)
    text = issue.text.replace("50.0%", "95.0%")
    refused = client.post(url, posted(issue, text))
    assert refused.status_code == 422
    assert "正文的数字与生成的不同（少了 50.0%；多了 95.0%），请说明原因" in refused.content.decode()
    assert not Edit.objects.exists()
    client.post(url, posted(issue, text, figures="按专班口径<b>"))
    for page in (issue.get_absolute_url(), reverse("reports:briefing_sign", args=(issue.pk,))):
        shown = client.get(page).content.decode()
        assert "<del>50.0%</del><ins>95.0%</ins>" in shown
        assert "数字少了 50.0%" in shown
        assert "按专班口径&lt;b&gt;" in shown


def test_the_signed_workbook_has_both_texts_and_the_reason(issue: Briefing, office: Cadre) -> None:
    edited(issue, issue.text.replace("50.0%", "95.0%"), office, figures="按专班口径")
    sign(issue, office)
    cells = [str(row[0].value).strip() for row in opened(workbook.of(issue))["总览"].iter_rows()]
    assert any("复工率95.0%" in cell for cell in cells)
    assert "正文经钱志远修改，数字改动的说明：按专班口径。系统按数据生成的正文为：" in cells
    assert any("复工率50.0%" in cell for cell in cells)
    issue.refresh_from_db()
    assert "95.0%" in issue.body
    assert "50.0%" in issue.text


def test_the_second_of_two_editors_sees_what_the_first_wrote(
    tree: dict[str, Region], issue: Briefing, office: Cadre
) -> None:
    other = factories.cadre(Role.OFFICE, region=tree[CITY])
    url, client = reverse("reports:briefing_text", args=(issue.pk,)), client_of(other)
    edited(issue, f"甲稿\n{issue.text}", office)
    refused = client.post(url, posted(issue, f"乙稿\n{issue.text}"))
    shown = refused.content.decode()
    assert refused.status_code == 422
    assert "钱志远已于 11-18 17:05 改过正文，请对照后再次保存。" in shown
    assert "甲稿" in shown
    assert "乙稿" in shown
    assert 'name="seen" value="1"' in shown
    assert client.post(url, posted(issue, f"乙稿\n{issue.text}", seen=1)).status_code == 302
    assert [one.text[:2] for one in issue.edits.all()] == ["甲稿", "乙稿"]
    assert issue.body.startswith("乙稿")


def test_fetching_again_sets_the_edit_aside(issue: Briefing, office: Cadre) -> None:
    edited(issue, "旧稿", office)
    Briefing.objects.filter(pk=issue.pk).update(made_at=at(17, 10))
    issue.refresh_from_db()
    assert issue.body == issue.text
    stale = Briefing.objects.get(pk=issue.pk)
    stale.made_at = at(17)
    with pytest.raises(redaction.EditedMeanwhileError, match="数据已重新取数"):
        edited(stale, "又一稿", office)


def test_what_was_edited_meanwhile_is_not_signed_unseen(issue: Briefing, office: Cadre) -> None:
    edited(issue, "新稿", office)
    url, client = reverse("reports:briefing_sign", args=(issue.pk,)), client_of(office)
    answer = client.post(url, {"seen_at": issue.made_at.isoformat(), "seen_edit": "0"})
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["正文在你看过之后又改过，请看过新的正文再签发。"]
    assert Briefing.objects.get().signed_at is None
    client.post(url, {"seen_at": issue.made_at.isoformat(), "seen_edit": "1"})
    assert Briefing.objects.get().issued_text == "新稿"


def test_signed_nobody_edits_and_an_edit_never_changes(issue: Briefing, office: Cadre) -> None:
    kept = edited(issue, "新稿", office)
    sign(issue, office)
    with pytest.raises(briefing.SigningError, match="钱志远已于 11-18 17:20 签发"):
        edited(issue, "更新的稿", office, seen=1)
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        Edit.objects.filter(pk=kept.pk).update(text="改")
    answer = client_of(office).get(reverse("reports:briefing_text", args=(issue.pk,)))
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["通报已经签发，正文不能再改。"]


@pytest.mark.parametrize("seen", ["", "x", "-1"])
def test_a_form_that_was_tampered_with_is_refused(issue: Briefing, office: Cadre, seen: str) -> None:
    answer = client_of(office).post(
        reverse("reports:briefing_text", args=(issue.pk,)), posted(issue, issue.text) | {"seen": seen}
    )
    assert answer.status_code == 422
    answer = client_of(office).post(
        reverse("reports:briefing_sign", args=(issue.pk,)), {"seen_at": issue.made_at.isoformat(), "seen_edit": "x"}
    )
    assert answer.status_code == 302
    assert Briefing.objects.get().signed_at is None


def test_only_the_regions_own_office_edits(tree: dict[str, Region], issue: Briefing, office: Cadre) -> None:
    district = draft(tree[DUSHANZI])
    assert client_of(office).get(reverse("reports:briefing_text", args=(district.pk,))).status_code == 403
    leader = factories.cadre(Role.LEADER, region=tree[CITY])
    assert client_of(leader).get(reverse("reports:briefing_text", args=(issue.pk,))).status_code == 404
