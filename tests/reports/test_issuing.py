"""Issuing a signed bulletin: once, to whom it concerns, with the file; and who has read it."""

from __future__ import annotations

import threading

import pytest
from django.contrib.messages import get_messages
from django.db import connections
from django.test import Client
from django.urls import reverse

from cadres import delivery
from cadres.models import Cadre, Message, Outbox, Region
from cadres.roles import Role
from reports import issuing
from reports.models import Briefing, Dispatch, Receipt, Recipient
from reports.outputs import workbook
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import draft, sign
from tests.reports.karamay import CITY, DUSHANZI, TIANSHAN, at
from tests.reports.test_briefing_text import client_of

pytestmark = pytest.mark.django_db


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
def handler(tree: dict[str, Region]) -> Cadre:
    """Somebody who sees no bulletins by their role."""
    return factories.cadre(Role.HANDLER, region=tree[DUSHANZI], name="周承办")


@pytest.fixture
def signed(tree: dict[str, Region], office: Cadre) -> Briefing:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    issue = sign(draft(tree[CITY]), office)
    issue.refresh_from_db()
    return issue


def listed(office: Cadre, cadre: Cadre) -> Recipient:
    return Recipient.objects.create(region=office.region, cadre=cadre, added_by=office, added_at=at(9))


def said(client: Client, url: str, data: dict[str, str] | None = None) -> list[str]:
    return [str(one) for one in get_messages(client.post(url, data or {}).wsgi_request)]


def test_it_goes_to_leaders_supervisors_and_the_list_with_the_file(
    signed: Briefing, office: Cadre, leader: Cadre, handler: Cadre
) -> None:
    listed(office, handler)
    issuing.issue(signed, now=at(17, 30), by=office)
    assert set(signed.receipts.values_list("cadre", flat=True)) == {leader.pk, handler.pk}
    row = Outbox.objects.get(key=f"briefing-issued:{signed.pk}")
    assert (row.subject, row.url) == (str(signed), signed.get_absolute_url())
    assert (row.attachment, row.attachment_key) == ("briefing", str(signed.pk))
    delivery.deliver_waiting(at(17, 31))
    assert set(Message.objects.filter(outbox=row).values_list("recipient", flat=True)) == {leader.pk, handler.pk}
    file = issuing.attachment(str(signed.pk))
    assert file is not None
    assert (file.name, file.content) == (workbook.filename(signed), workbook.of(signed))


def test_a_draft_goes_to_nobody_and_is_no_attachment(tree: dict[str, Region], office: Cadre, leader: Cadre) -> None:
    issue = draft(tree[CITY])
    with pytest.raises(issuing.IssuingError, match="还没有签发"):
        issuing.issue(issue, now=at(17), by=office)
    assert issuing.attachment(str(issue.pk)) is None
    assert issuing.attachment("99999999") is None


def test_it_is_issued_once(signed: Briefing, office: Cadre, leader: Cadre) -> None:
    url, client = reverse("reports:briefing_issue", args=(signed.pk,)), client_of(office)
    assert "赵市长" in client.get(url).content.decode()
    assert said(client, url) == ["已印发给 1 人，Excel 随邮件发送"]
    assert said(client, url)[-1] == "钱志远已经印发过这期通报，不会重复发送。"
    assert (Dispatch.objects.count(), Receipt.objects.count()) == (1, 1)
    assert Outbox.objects.filter(key__startswith="briefing-issued").count() == 1


def test_with_nobody_to_receive_it_nothing_is_issued(signed: Briefing, office: Cadre) -> None:
    client = client_of(office)
    assert said(client, reverse("reports:briefing_issue", args=(signed.pk,))) == [
        "没有可以接收的人，请先在发送名单中列入。"
    ]
    assert not Dispatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_issue_it_once(tree: dict[str, Region], office: Cadre, leader: Cadre) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = sign(draft(tree[CITY]), office)
    start, answers = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        try:
            issuing.issue(issue, now=at(17, 30), by=office)
            answers.append("")
        except issuing.IssuingError as error:
            answers.append(str(error))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(answers) == ["", "钱志远已经印发过这期通报，不会重复发送。"]
    assert Receipt.objects.count() == 1


def test_who_received_it_may_read_it_and_is_seen_to_have_read(
    signed: Briefing, office: Cadre, leader: Cadre, handler: Cadre
) -> None:
    reader, url = client_of(handler), signed.get_absolute_url()
    assert reader.get(url).status_code == 404
    listed(office, handler)
    issuing.issue(signed, now=at(17, 30), by=office)
    page = client_of(office).get(url).content.decode()
    assert page.count("未读") == 2
    shown = reader.get(url).content.decode()
    assert signed.text.splitlines()[0] in shown
    assert "接收人" not in shown
    assert Receipt.objects.get(cadre=handler).read_at is not None
    assert Receipt.objects.get(cadre=leader).read_at is None
    assert client_of(office).get(url).content.decode().count("未读") == 1
    assert reader.get(reverse("reports:briefing_workbook", args=(signed.pk,))).status_code == 200
    assert reader.get(reverse("reports:briefings")).status_code == 403
    assert reader.get(reverse("reports:briefing_sign", args=(signed.pk,))).status_code == 403


def test_the_list_is_kept_by_the_regions_own_office(
    tree: dict[str, Region], office: Cadre, leader: Cadre, handler: Cadre
) -> None:
    url, client = reverse("reports:recipients"), client_of(office)
    assert said(client, url, {"who": " 周承办 "}) == ["已将周承办列入发送名单"]
    again = client.post(url, {"who": handler.username})
    assert again.status_code == 422
    assert "已经在发送名单中" in again.content.decode()
    row = Recipient.objects.get()
    assert "周承办" in client.get(url).content.decode()
    district = client_of(factories.cadre(Role.OFFICE, region=tree[DUSHANZI]))
    assert district.post(reverse("reports:remove_recipient", args=(row.pk,))).status_code == 404
    assert client_of(leader).get(url).status_code == 403
    assert said(client, reverse("reports:remove_recipient", args=(row.pk,)))[-1] == "已将周承办移出发送名单"
    assert Recipient.objects.get().removed_by == office
    assert not Recipient.objects.current(tree[CITY]).exists()
    assert said(client, url, {"who": handler.username})[-1] == "已将周承办列入发送名单"


@pytest.mark.parametrize(
    ("who", "answer"),
    [("无此人", "本辖区没有这个姓名或用户名的在用干部"), ("", "请填写"), ("同名", "有几位同名的干部，请填用户名")],
)
def test_who_cannot_be_found_is_said(tree: dict[str, Region], office: Cadre, who: str, answer: str) -> None:
    for _ in range(2):
        factories.cadre(Role.HANDLER, region=tree[CITY], name="同名")
    factories.cadre(Role.HANDLER, region=tree[CITY], name="无此人", is_active=False)
    refused = client_of(office).post(reverse("reports:recipients"), {"who": who})
    assert refused.status_code == 422
    assert answer in refused.content.decode()
    assert not Recipient.objects.exists()
