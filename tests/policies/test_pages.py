"""The pages of policies and of the ledger: what they show, and what they do."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cadres.models import Cadre, Region
from enterprises.models import Enterprise, Relocation
from policies import moving, registering
from policies.models import Fulfilment, Item, Policy
from policies.templatetags.policy_tags import validity
from policies.workflow import Status
from tests import factories
from tests.policies.people import NOW, TODAY, People, item, policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> People:
    return People()


def as_(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def test_the_ledger_begins_with_what_is_due_and_counts_the_work(people: People) -> None:
    people.at(Status.ENTITLED)
    people.take(people.row(people.right), "enjoy", "office")
    page = as_(people.specialist).get(reverse("policies:fulfilments")).content.decode()
    assert "失业保险稳岗返还" in page
    assert "绿色通道</" not in page.split("<tbody", 1)[1]
    assert "100,000.00" in page
    received = as_(people.specialist).get(reverse("policies:fulfilments") + "?status=received").content.decode()
    assert "绿色通道" in received.split("<tbody", 1)[1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=稳岗", True),
        ("q=澜人社发〔2026〕3号", True),
        ("q=减税", False),
        ("blocked=yes", False),
        ("blocked=no", True),
        ("light=red", False),
        ("granting=reviewed", True),
        ("granting=instant", False),
        ("period=2026年", True),
        ("period=2025", False),
        ("category=subsidy", True),
        ("category=right", False),
        ("status=entitled", True),
        ("status=paying", False),
        ("status=all", True),
        ("status=waiting", True),
        ("status=ended", False),
        ("from=2026-11-01", False),
    ],
)
def test_each_filter_narrows(people: People, query: str, found: bool) -> None:
    people.at(Status.ENTITLED)
    page = as_(people.specialist).get(reverse("policies:fulfilments") + "?" + query).content.decode()
    assert (people.enterprise.name in page) is found


@pytest.mark.parametrize("query", ["status=nonsense", "item=99999", "period=昨天", "foo=1", "light=pink", "sort=zzz"])
def test_what_is_malformed_is_said_and_shows_nothing(people: People, query: str) -> None:
    people.at(Status.ENTITLED)
    response = as_(people.specialist).get(reverse("policies:fulfilments") + "?" + query)
    assert response.status_code == 200
    assert people.enterprise.name not in response.content.decode()


def test_the_lists_ask_as_often_for_twenty_rows_as_for_two(
    people: People,
) -> None:
    client = as_(people.office)

    def queries(name: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse(name)).status_code == 200
        return len(asked)

    people.at(Status.ENTITLED)
    people.at(Status.ENTITLED, period="2025")
    few = queries("policies:fulfilments"), queries("policies:list")
    for number in range(18):
        people.at(Status.ENTITLED, period=f"{2000 + number}")
        item(policy(title=f"政策{number}"), people.department, name=f"事项{number}")
    assert (queries("policies:fulfilments"), queries("policies:list")) == few


def test_a_policy_shows_its_items_with_counts_that_lead_to_the_rows(people: People) -> None:
    people.at(Status.ENTITLED)
    page = as_(people.office).get(people.policy.get_absolute_url()).content.decode()
    assert f"?item={people.item.pk}&amp;status=entitled" in page
    assert "绿色通道" in page
    assert "不拨付资金" in page


@pytest.mark.parametrize(
    "who", ["office", "north_office", "stranger", "supervisor", "specialist", "handler", "other_handler"]
)
def test_a_policy_counts_what_the_lists_behind_it_show(people: People, who: str) -> None:
    """Whoever sees rows by their place, by their item, by their enterprise, by several of these, or none at all."""
    people.at(Status.ENTITLED)
    people.at(Status.DECLARED, period="2025")
    people.take(people.row(people.right), "enjoy", "office")
    moved = people.at(Status.ENTITLED, period="2024")  # and stays where it was, as what has ended does
    elsewhere = factories.EnterpriseFactory.create(region=factories.district(9))
    _move(people.enterprise, elsewhere.region)
    registering.one(elsewhere, people.item, "2026", by=people.office, now=NOW)
    reader = getattr(people, who)
    items = as_(reader).get(people.policy.get_absolute_url()).context["items"]
    counted = {(item.pk, one.url.rpartition("=")[2]): one.rows for item in items for one in item.counts}
    assert counted == Counter(Fulfilment.objects.visible_to(reader).values_list("item", "status"))
    assert moved in Fulfilment.objects.visible_to(people.stranger)


def test_statuses_are_found_wherever_they_stand_in_the_lists_order(people: People) -> None:
    for number, status in enumerate((Status.ENTITLED, Status.DECLARED, Status.PAYING)):
        people.at(status, period=f"{2020 + number}")
    declared = [Status.DECLARED, Status.PAYING]
    for wanted in ([Status.ENTITLED], declared, [Status.ENTITLED, Status.PAYING], sorted(Status)):
        found = Fulfilment.objects.of_statuses(wanted)
        assert set(found) == set(Fulfilment.objects.filter(status__in=wanted))
        assert found.exists()


@pytest.mark.parametrize("who", ["office", "specialist", "handler", "other_handler", "stranger"])
def test_a_list_shows_what_is_visible(people: People, who: str) -> None:
    people.at(Status.ENTITLED)
    people.row(people.right)
    reader = getattr(people, who)
    assert set(Fulfilment.objects.listed_to(reader)) == set(Fulfilment.objects.visible_to(reader))


def _move(enterprise: Enterprise, region: Region) -> None:
    """Alone, without the rows about it."""
    Relocation.objects.create(
        enterprise=enterprise, from_region=enterprise.region, to_region=region, moved_on=TODAY, at=NOW
    )
    enterprise.region = region
    enterprise.save()


def test_somebody_elses_rows_are_not_found(people: People) -> None:
    row = people.row()
    for cadre in (people.stranger, people.other_specialist, people.other_handler):
        assert as_(cadre).get(row.get_absolute_url()).status_code == 404
        assert as_(cadre).get(reverse("policies:step", args=(row.pk, "declare"))).status_code == 404


def test_a_step_is_taken_by_its_page_and_refused_without_the_right(people: People) -> None:
    row = people.at(Status.ENTITLED)
    url = reverse("policies:step", args=(row.pk, "declare"))
    today = timezone.localdate()
    assert "登记申报" in as_(people.specialist).get(url).content.decode()
    late = as_(people.specialist).post(url, {"declared_on": today + timedelta(days=1), "version": row.version})
    assert late.status_code == 422
    assert "不能晚于今天" in late.content.decode()
    done = as_(people.specialist).post(url, {"declared_on": today, "version": row.version}, follow=True)
    assert "已办理“登记申报”" in done.content.decode()
    refused = as_(people.specialist).get(reverse("policies:step", args=(row.pk, "accept")))
    assert refused.status_code == 403
    assert "你的角色不能办理“受理审核”" in refused.content.decode()
    again = as_(people.specialist).post(url, {"declared_on": today, "version": row.version})
    assert again.status_code == 422
    assert "王晓敏已于" in again.content.decode()


def test_the_office_writes_a_policy_and_its_item(people: People) -> None:
    client = as_(people.office)
    values = {
        "title": "惠企<政策>'=𠮷",
        "document_number": "澜政办发〔2026〕9号",
        "level": "city",
        "category": "subsidy",
        "region": factories.city().code,
    }
    done = client.post(reverse("policies:new"), values, follow=True)
    made = Policy.objects.get(document_number="澜政办发〔2026〕9号")
    assert "惠企&lt;政策&gt;&#x27;=𠮷" in done.content.decode()
    again = client.post(reverse("policies:new"), values)
    assert (again.status_code, Policy.objects.filter(title=made.title).count()) == (422, 1)
    assert "已有同名同文号的政策" in again.content.decode()
    url = reverse("policies:new_item", args=(made.pk,))
    wanted = {"name": "首次上规奖励", "department": people.department.pk, "granting": "automatic", "pays_money": "on"}
    too_much = client.post(url, wanted | {"amount": "1000000000000"})
    assert too_much.status_code == 422
    wrong = client.post(url, wanted | {"opens_on": "2026-12-01", "closes_on": "2026-11-01"})
    assert "申报截止不能早于申报开始" in wrong.content.decode()
    assert client.post(url, wanted | {"amount": "999999999999.99"}).status_code == 302
    assert Item.objects.get(name="首次上规奖励").amount == Decimal("999999999999.99")


def test_only_an_office_of_the_policys_region_or_above_edits_it(people: People) -> None:
    url = reverse("policies:edit", args=(people.policy.pk,))
    assert as_(people.office).get(url).status_code == 200
    assert as_(people.north_office).get(url).status_code == 403
    assert as_(people.specialist).get(url).status_code == 403
    below = policy(title="区里的政策", region=people.enterprise.region)
    assert as_(people.north_office).get(reverse("policies:edit", args=(below.pk,))).status_code == 200
    assert as_(people.stranger).get(reverse("policies:edit", args=(below.pk,))).status_code == 404


def test_the_second_editor_of_a_policy_is_told_what_changed(people: People) -> None:
    client, url = as_(people.office), reverse("policies:edit", args=(people.policy.pk,))
    form = client.get(url).context["form"]
    seen = form["seen"].value()
    values = {
        "title": people.policy.title,
        "document_number": people.policy.document_number,
        "level": "city",
        "category": "subsidy",
        "region": factories.city().code,
        "seen": seen,
    }
    assert client.post(url, values | {"title": "稳岗返还（修订）"}).status_code == 302
    second = client.post(url, values | {"title": "稳岗补贴", "issuer": "市人社局"})
    assert second.status_code == 422
    assert "已由他人改为“稳岗返还（修订）”，你填的是“稳岗补贴”" in second.content.decode()
    again = values | {"title": "稳岗补贴", "issuer": "市人社局", "seen": second.context["form"].data["seen"]}
    assert client.post(url, again).status_code == 302
    people.policy.refresh_from_db()
    assert (people.policy.title, people.policy.issuer) == ("稳岗补贴", "市人社局")


def test_open_rows_follow_the_window_of_their_item(people: People) -> None:
    row, declared = people.row(), people.at(Status.DECLARED, period="2025")
    client, url = as_(people.office), reverse("policies:edit_item", args=(people.item.pk,))
    form = client.get(url).context["form"]
    values = {
        "name": people.item.name,
        "department": people.other_handler.department_id,
        "granting": "reviewed",
        "pays_money": "on",
        "closes_on": "2027-03-31",
        "seen": form["seen"].value(),
    }
    assert client.post(url, values).status_code == 302
    row.refresh_from_db()
    declared.refresh_from_db()
    assert (str(row.closes_on), str(declared.closes_on)) == ("2027-03-31", "2026-12-31")
    assert as_(people.other_handler).get(people.enterprise.get_absolute_url()).status_code == 200
    assert as_(people.handler).get(people.enterprise.get_absolute_url()).status_code == 404


def test_a_row_is_added_once(people: People) -> None:
    url = reverse("policies:new_fulfilment") + f"?enterprise={people.enterprise.pk}"
    values = {"item": people.item.pk, "period": "2026年第三季度", "status": "entitled"}
    client = as_(people.specialist)
    assert "已建立" in client.post(url, values, follow=True).content.decode()
    assert "已经有了" in client.post(url, values, follow=True).content.decode()
    row = Fulfilment.objects.get()
    assert (row.period, row.status) == ("2026Q3", Status.ENTITLED)
    assert as_(people.other_specialist).get(url).status_code == 404
    assert as_(people.handler).get(url).status_code == 403
    wrong = client.post(url, values | {"period": "去年"})
    assert (wrong.status_code, "不是期次" in wrong.content.decode()) == (422, True)


def test_many_rows_are_counted_first_and_then_made(people: People) -> None:
    factories.EnterpriseFactory.create(region=people.enterprise.region)
    factories.EnterpriseFactory.create(region=factories.district(9))
    people.row()
    client, url = as_(people.office), reverse("policies:new_fulfilments")
    values = {
        "item": people.item.pk,
        "period": "2026",
        "status": "entitled",
        "region": people.enterprise.region.code,
    }
    looked = client.post(url, values).content.decode()
    assert Fulfilment.objects.count() == 1
    assert 'name="confirm"' in looked
    done = client.post(url, values | {"confirm": "yes"}, follow=True)
    assert "已为 1 家企业建立" in done.content.decode()
    assert client.post(url, values | {"confirm": "yes"}, follow=True).status_code == 200
    assert Fulfilment.objects.count() == 2
    assert as_(people.north_office).post(url, values | {"region": factories.district(9).code}).status_code == 422
    assert as_(people.specialist).get(url).status_code == 403


def test_what_can_still_be_applied_for_comes_first_by_its_last_day(people: People) -> None:
    for period, days in (("2023", 30), ("2024", 3), ("2025", None)):
        row = people.at(Status.ENTITLED, period=period)
        day = None if days is None else timezone.localdate() + timedelta(days=days)
        Fulfilment.objects.filter(pk=row.pk).update(closes_on=day)
    people.at(Status.DECLARED, period="2022")
    rows = as_(people.office).get(reverse("policies:fulfilments")).context["listing"].rows
    assert [row.period for row in rows] == ["2024", "2023", "2025", "2022"]


def test_the_files_of_a_policy_are_judged_by_their_content(people: People) -> None:
    client, url = as_(people.office), reverse("policies:edit", args=(people.policy.pk,))

    def values(*files: SimpleUploadedFile) -> dict[str, Any]:
        return {
            "title": people.policy.title,
            "document_number": people.policy.document_number,
            "level": "city",
            "category": "subsidy",
            "region": factories.city().code,
            "seen": client.get(url).context["form"]["seen"].value(),
            "documents": files,
        }

    refused = client.post(url, values(SimpleUploadedFile("图.jpg", b"<script>alert(1)</script>")))
    assert (refused.status_code, "“图.jpg”" in refused.content.decode()) == (422, True)
    text = b"%PDF-1.4\n%%EOF\n"
    assert client.post(url, values(SimpleUploadedFile("原文<1>.pdf", text))).status_code == 302
    assert client.post(url, values(SimpleUploadedFile("又一次.pdf", text))).status_code == 302
    stored = people.policy.files.get()
    assert "原文&lt;1&gt;.pdf" in client.get(people.policy.get_absolute_url()).content.decode()
    handed = as_(people.specialist).get(reverse("policies:file", args=(stored.pk,)))
    assert b"".join(handed.streaming_content) == text
    assert handed["Content-Disposition"].startswith("attachment")
    gone = client.post(reverse("policies:remove_file", args=(stored.pk,)), follow=True)
    assert "没有文件" in gone.content.decode()


def test_open_rows_go_along_when_their_enterprise_moves(people: People) -> None:
    open_row, ended = people.at(Status.ENTITLED), people.row(period="2025")
    people.take(ended, "exclude", "handler")
    people.enterprise.region = factories.district(9)
    people.enterprise.save()
    assert moving.follow([people.enterprise.pk]) == {people.enterprise.pk: "1 条未办结政策兑现记录随迁"}
    assert list(Fulfilment.objects.visible_to(people.stranger)) == [open_row]


def test_the_enterprises_page_shows_its_rows(people: People) -> None:
    people.at(Status.ENTITLED)
    page = as_(people.specialist).get(people.enterprise.get_absolute_url()).content.decode()
    assert "政策兑现" in page
    assert "失业保险稳岗返还" in page
    assert "建立兑现记录" in page
    assert "建立兑现记录" not in as_(people.handler).get(people.enterprise.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 1, 15), date(2027, 12, 31), '2026-01-15</span> <span class="nowrap">至 2027-12-31</span>'),
        (date(2026, 1, 15), None, '2026-01-15</span> <span class="nowrap">至 长期</span>'),
        (None, date(2027, 12, 31), '<span class="nowrap">至 2027-12-31</span>'),
        (None, None, "长期"),
    ],
)
def test_no_line_breaks_inside_a_date_of_the_validity(first, last, words):
    assert words in validity(Policy(valid_from=first, valid_until=last))
