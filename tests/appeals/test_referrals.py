"""A supervisor hands a lead over to discipline; what becomes of it stays between the two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, connections, transaction
from django.utils import timezone

from appeals import referring, succession
from appeals.models import Appeal, Event, Referral, ReferralFile
from appeals.referral_workflow import State
from appeals.workflow import Status
from cadres import delivery
from cadres.models import Cadre, Department, Message, Outbox
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import cost_of, get, offers, signed_in, tabs, titles
from tests.appeals.people import People
from tests.uploads import PDF, uploaded
from workflow.steps import IllegalStepError

pytestmark = pytest.mark.django_db

SECRET = "涉嫌<b>收受</b>'好处费' =1+1 𠮷"
CONCLUSION = "已约谈提醒，责令书面检查"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def unit(people: People) -> Department:
    found = factories.DepartmentFactory.create(name="市纪委监委")
    factories.cadre(Role.DISCIPLINE, department=found, name="何正")
    return found


@pytest.fixture
def inspector(unit: Department) -> Cadre:
    return Cadre.objects.get(department=unit)


def post(cadre: Cadre, appeal: Appeal, **data: Any) -> Any:
    sent = {"client_id": uuid4(), "suspected": SECRET, "grounds": "三次退单，理由前后不一", **data}
    return signed_in(cadre).post(f"/appeals/{appeal.pk}/refer/", sent)


def handed(people: People, unit: Department, appeal: Appeal | None = None) -> Referral:
    appeal = appeal or people.at(Status.HANDLING, timezone.now())
    assert post(people.supervisor, appeal, addressed_to=unit.pk).status_code == 302
    found = Referral.objects.order_by("-pk").first()
    assert found
    return found


def conclude(cadre: Cadre, referral: Referral) -> Any:
    data = {"finding": "proved", "conclusion": CONCLUSION, "uploads": [uploaded(PDF + b"\n", "谈话记录.pdf")]}
    return signed_in(cadre).post(f"/referrals/{referral.pk}/conclude/", data)


def test_a_lead_is_handed_over_accepted_and_concluded(people: People, unit: Department, inspector: Cadre) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    page = get(people.supervisor, appeal.get_absolute_url())
    assert "移交纪检" in page
    response = post(people.supervisor, appeal, addressed_to=unit.pk, uploads=[uploaded(PDF, "退单截图.pdf")])
    one = Referral.objects.get()
    assert response["Location"] == one.get_absolute_url()
    assert one.number == f"XS990102{timezone.localdate():%Y%m%d}001"

    assert titles(get(inspector, "/referrals/?status=handed")) == [appeal.title]
    assert signed_in(inspector).post(f"/referrals/{one.pk}/accept/").status_code == 302
    assert conclude(inspector, one).status_code == 302
    one.refresh_from_db()
    assert (one.status, one.finding, one.conclusion) == (State.CONCLUDED, "proved", CONCLUSION)
    assert [event.step for event in one.events.all()] == ["hand_over", "accept", "conclude"]
    for reader in (people.supervisor, inspector):
        page = get(reader, one.get_absolute_url())
        assert CONCLUSION in page
        assert "涉嫌&lt;b&gt;收受&lt;/b&gt;&#x27;好处费&#x27; =1+1 𠮷" in page
        assert "谈话记录.pdf" in page
        assert "退单截图.pdf" in page


def test_discipline_reads_the_case_that_was_handed_over_and_no_other(
    people: People, unit: Department, inspector: Cadre
) -> None:
    one, other = handed(people, unit), people.at(Status.HANDLING, timezone.now())
    page = get(inspector, one.appeal.get_absolute_url())
    assert "办理过程" in page
    assert offers(page) == []
    assert f"/enterprises/{people.enterprise.pk}/" not in page  # which they can't open
    assert titles(get(inspector)) == [one.appeal.title]
    client = signed_in(inspector)
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.get(people.enterprise.get_absolute_url()).status_code in {403, 404}
    assert client.post(f"/appeals/{one.appeal_id}/comments/", {"text": "x", "client_id": uuid4()}).status_code == 403
    assert client.post(f"/appeals/{one.appeal_id}/steps/reply/", {}).status_code == 403


def test_an_inspector_of_another_place_knows_of_nothing(people: People, unit: Department) -> None:
    one = handed(people, unit)
    stranger = factories.cadre(Role.DISCIPLINE, region=people.enterprise.region)
    client = signed_in(stranger)
    assert client.get(one.get_absolute_url()).status_code == 404
    assert client.get(one.appeal.get_absolute_url()).status_code == 404
    assert client.post(f"/referrals/{one.pk}/accept/").status_code == 404
    assert titles(get(stranger, "/referrals/")) == []


CURIOUS = ["specialist", "team_leader", "office", "leader", "handler", "colleague", "head"]


def test_nobody_else_learns_of_it_not_even_another_supervisor(
    people: People, unit: Department, inspector: Cadre
) -> None:
    """Neither on the case, nor in its history, in a message, or by the address."""
    one = handed(people, unit)
    referring.take(one, "accept", by=inspector, now=timezone.now())
    conclude(inspector, one)
    second = factories.cadre(Role.SUPERVISOR)
    for who in [*(getattr(people, name) for name in CURIOUS), second]:
        page = get(who, one.appeal.get_absolute_url())
        for words in (one.number, "好处费", CONCLUSION, "移交线索</h2>", "何正"):
            assert words not in page, (who, words)
        assert signed_in(who).get(one.get_absolute_url()).status_code in {403, 404}
        assert signed_in(who).get(f"/referrals/files/{ReferralFile.objects.get().pk}/").status_code in {403, 404}
    assert signed_in(second).get(one.get_absolute_url()).status_code == 404
    assert not Event.objects.filter(appeal=one.appeal, note__contains="好处费").exists()
    assert "移交" not in " ".join(event.label for event in one.appeal.events.all())


def test_messages_and_mails_hold_the_number_alone_and_reach_those_two(
    people: People, unit: Department, inspector: Cadre
) -> None:
    one = handed(people, unit)
    referring.take(one, "accept", by=inspector, now=timezone.now())
    conclude(inspector, one)
    delivery.deliver_waiting(timezone.now())
    rows = Outbox.objects.filter(key__startswith="referral")
    assert [row.body for row in rows] == [f"线索编号 {one.number}"] * 3
    assert not any("好处费" in f"{row.subject}{row.body}" or one.appeal.title in row.subject for row in rows)
    read = Message.objects.filter(outbox__in=rows).values_list("recipient__name", flat=True)
    assert sorted(read) == sorted([inspector.name, people.supervisor.name, people.supervisor.name])


@pytest.mark.parametrize("who", ["specialist", "office", "leader", "handler", "head"])
def test_only_a_supervisor_hands_over(people: People, unit: Department, who: str) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    assert "移交纪检" not in get(getattr(people, who), appeal.get_absolute_url())
    assert post(getattr(people, who), appeal, addressed_to=unit.pk).status_code == 403
    assert post(people.stranger, appeal, addressed_to=unit.pk).status_code == 404
    assert not Referral.objects.exists()


def test_the_supervisor_sees_the_state_and_writes_nothing(people: People, unit: Department) -> None:
    one = handed(people, unit)
    page = get(people.supervisor, one.appeal.get_absolute_url())
    assert one.number in page
    assert "待受理" in get(people.supervisor, one.get_absolute_url())
    client = signed_in(people.supervisor)
    assert client.post(f"/referrals/{one.pk}/accept/").status_code == 403
    assert client.get(f"/referrals/{one.pk}/conclude/").status_code == 403


def test_who_handed_it_over_does_not_judge_it(people: People, unit: Department) -> None:
    both = factories.cadre(Role.SUPERVISOR, Role.DISCIPLINE, department=unit)
    appeal = people.at(Status.HANDLING, timezone.now())
    assert post(both, appeal, addressed_to=unit.pk).status_code == 302
    one = Referral.objects.get()
    assert signed_in(both).post(f"/referrals/{one.pk}/accept/").status_code == 403


def test_the_same_form_sent_twice_is_one_lead(people: People, unit: Department) -> None:
    appeal, key = people.at(Status.HANDLING, timezone.now()), uuid4()
    answers = [post(people.supervisor, appeal, addressed_to=unit.pk, client_id=key) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Referral.objects.count() == 1
    assert Outbox.objects.filter(key__startswith="referral").count() == 1


def test_what_is_missing_is_asked_for(people: People, unit: Department) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    refused = post(people.supervisor, appeal, addressed_to=unit.pk, suspected=" ", grounds="")
    assert refused.status_code == 422
    assert not Referral.objects.exists()
    one = handed(people, unit, appeal)
    inspector = Cadre.objects.get(department=unit)
    referring.take(one, "accept", by=inspector, now=timezone.now())
    assert signed_in(inspector).post(f"/referrals/{one.pk}/conclude/", {"conclusion": "x"}).status_code == 422


def test_a_lead_goes_to_discipline_of_the_region_or_above(people: People, unit: Department) -> None:
    near = factories.DepartmentFactory.create(name="区纪委监委", region=people.enterprise.region)
    factories.cadre(Role.DISCIPLINE, department=near)
    far = factories.DepartmentFactory.create(name="邻区纪委监委", region=factories.district(9))
    factories.cadre(Role.DISCIPLINE, department=far)
    appeal = people.at(Status.HANDLING, timezone.now())
    assert list(referring.units_for(appeal)) == [near, unit]
    assert post(people.supervisor, appeal, addressed_to=far.pk).status_code == 422


def test_without_any_inspector_the_form_says_so(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    page = get(people.supervisor, f"/appeals/{appeal.pk}/refer/")
    assert "都没有纪检人员" in page


@pytest.mark.django_db(transaction=True)
def test_two_inspectors_who_accept_at_once_accept_once() -> None:
    people = People()
    unit = factories.DepartmentFactory.create(name="市纪委监委")
    inspectors = [factories.cadre(Role.DISCIPLINE, department=unit) for _ in range(2)]
    one, together = handed(people, unit), Barrier(2)

    def accept(cadre: Cadre) -> str:
        together.wait(10)
        try:
            referring.take(Referral.objects.get(pk=one.pk), "accept", by=cadre, now=timezone.now())
        except IllegalStepError as refusal:
            return str(refusal)
        finally:
            connections.close_all()
        return "accepted"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(accept, inspectors))
    assert said == ["accepted", "该线索现为“办理中”，请刷新后再办理。"]
    assert one.events.filter(step="accept").count() == 1


def test_concluding_twice_says_that_it_is_done(people: People, unit: Department, inspector: Cadre) -> None:
    one = handed(people, unit)
    referring.take(one, "accept", by=inspector, now=timezone.now())
    conclude(inspector, one)
    again = conclude(inspector, one)
    assert "该线索现为“已了结”" in signed_in_page(inspector, again)
    assert one.events.filter(step="conclude").count() == 1


def signed_in_page(cadre: Cadre, response: Any) -> str:
    page: str = response.client.get(response["Location"]).content.decode()
    return page


def test_the_database_lets_nobody_past_the_table_or_rewrite_what_was_done(people: People, unit: Department) -> None:
    one = handed(people, unit)
    with pytest.raises(IntegrityError, match="illegal transition"), transaction.atomic():
        Referral.objects.filter(pk=one.pk).update(
            status=State.CONCLUDED, finding="proved", conclusion="x", concluded_at=timezone.now()
        )
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        one.events.update(note="x")
    with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
        Referral.objects.filter(pk=one.pk)._raw_delete("default")


def test_a_successor_of_the_discipline_department_takes_over_what_is_open(people: People, unit: Department) -> None:
    one = handed(people, unit)
    heir = factories.DepartmentFactory.create(name="市纪委监委机关")
    Department.objects.filter(pk=unit.pk).update(valid_until=timezone.localdate(), successor=heir)
    for _ in range(2):
        succession.pass_on(timezone.now())
    one.refresh_from_db()
    assert one.addressed_to == heir


def test_the_list_counts_finds_and_costs_the_same_for_two_and_for_twenty(
    people: People, unit: Department, inspector: Cadre
) -> None:
    for _ in range(2):
        handed(people, unit)
    few = cost_of(inspector, "/referrals/")
    for _ in range(18):
        handed(people, unit)
    assert cost_of(inspector, "/referrals/") == few
    page = get(inspector, "/referrals/")
    assert tabs(page)["待受理"] == "（20）"
    number = Referral.objects.latest("pk").number
    assert len(titles(get(inspector, "/referrals/", q=number))) == 1
    assert "没有“nonsense”这个筛选条件" in get(inspector, "/referrals/", nonsense=1)


def test_the_inspectors_workbench_says_what_waits(people: People, unit: Department, inspector: Cadre) -> None:
    assert "线索待受理" in get(inspector, "/")
    one = handed(people, unit)
    page = get(inspector, "/")
    assert "去受理" in page
    assert one.number in page
    referring.take(one, "accept", by=inspector, now=timezone.now())
    assert "去了结" in get(inspector, "/")
