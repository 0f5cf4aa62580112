"""Registering an appeal: choosing the enterprise, the form, drafts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from appeals.models import Appeal, Category
from appeals.registration import register, revise
from appeals.workflow import Status
from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import cost_of, get, offers, signed_in
from tests.appeals.people import People
from workflow.steps import IllegalStepError

NEW = "/appeals/new/"


def written(people: People, **changed: Any) -> dict[str, Any]:
    """The form as a specialist fills it in."""
    return {
        "enterprise": people.enterprise.pk,
        "client_id": str(uuid4()),
        "nature": "difficulty",
        "title": "外地员工无法返岗",
        "description": "外省46名钻修技工没有直达班车，无法按时返岗。",
        "category": Category.objects.get(name="用工社保").pk,
        "urgency": "urgent",
        "source": "visit",
        **changed,
    }


def send(cadre: Cadre, data: dict[str, Any], address: str = NEW) -> Any:
    return signed_in(cadre).post(address, data)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("specialist", 200),
        ("team_leader", 200),
        ("office", 200),
        ("supervisor", 403),
        ("leader", 403),
        ("handler", 403),
        ("head", 403),
        ("caller", 403),
    ],
)
def test_who_may_register(people: People, who: str, status: int) -> None:
    assert signed_in(getattr(people, who)).get(NEW).status_code == status
    assert send(getattr(people, who), written(people)).status_code == (302 if status == 200 else 403)


def test_first_an_enterprise_is_chosen_who_waits_longest_first(people: People) -> None:
    visited = factories.EnterpriseFactory.create(name="上月走访过的公司", last_contact_on="2026-10-01")
    factories.assign(people.specialist, visited)
    factories.EnterpriseFactory.create(name="别人包联的公司")
    page = get(people.specialist, NEW)
    assert page.index(people.enterprise.name) < page.index("上月走访过的公司")
    assert "别人包联的公司" not in page
    assert f'href="{NEW}?enterprise={people.enterprise.pk}"' in page


def test_the_choice_is_searched_within_the_scope(people: People) -> None:
    factories.EnterpriseFactory.create(name="澜南<钻>采'公司")
    there = factories.EnterpriseFactory.create(name="九区钻采公司", region=factories.district(9))
    found = get(people.office, NEW, q="钻采")
    assert there.name in found
    assert "没有找到企业" in get(people.specialist, NEW, q="钻采")
    assert people.enterprise.name in get(people.specialist, NEW, q=people.enterprise.credit_code or "")
    part = signed_in(people.office).get(NEW, {"q": "澜南"}, headers={"HX-Request": "true", "HX-Target": "found"})
    assert "<html" not in part.content.decode()
    assert "澜南&lt;钻&gt;采&#x27;公司" in part.content.decode()


def test_a_long_choice_is_cut_and_says_so(people: People) -> None:
    for _ in range(25):
        factories.EnterpriseFactory.create()
    page = get(people.office, NEW)
    assert page.count("?enterprise=") == 20
    assert "还有更多，请输入名称" in page


def test_a_choice_of_twenty_costs_as_many_queries_as_of_two(people: People) -> None:
    factories.EnterpriseFactory.create(region=factories.town(factories.district(3)))
    few = cost_of(people.office, NEW)
    for number in range(18):
        factories.EnterpriseFactory.create(region=factories.town(factories.district(3), number + 1))
    assert cost_of(people.office, NEW) == few


def test_an_address_preselects_the_enterprise(people: People) -> None:
    page = get(people.specialist, NEW, enterprise=people.enterprise.pk)
    assert people.enterprise.name in page
    assert f'name="enterprise" value="{people.enterprise.pk}"' in page


@pytest.mark.parametrize("asked", ["abc", "0", "-1", "1.5", "９", "99999999999999999999999"])
def test_an_enterprise_that_is_none_is_not_found(people: People, asked: str) -> None:
    assert signed_in(people.office).get(NEW, {"enterprise": asked}).status_code == 404


def test_an_enterprise_outside_the_scope_is_not_found(people: People) -> None:
    other = factories.EnterpriseFactory.create()
    assert signed_in(people.specialist).get(NEW, {"enterprise": other.pk}).status_code == 404
    assert send(people.specialist, written(people, enterprise=other.pk)).status_code == 404
    assert not Appeal.objects.exists()


def test_a_filled_form_is_submitted_with_its_number(people: People) -> None:
    response = send(people.specialist, written(people, title="  断电<b>'=𠮷  "))
    appeal = Appeal.objects.get()
    assert response["Location"] == f"/appeals/{appeal.pk}/"
    assert (appeal.status, appeal.title, appeal.urgency) == (Status.PENDING, "断电<b>'=𠮷", "urgent")
    assert (appeal.enterprise, appeal.region, appeal.registered_by) == (
        people.enterprise,
        people.enterprise.region,
        people.specialist,
    )
    page = signed_in(people.specialist).get(response["Location"]).content.decode()
    assert str(appeal.number) in page
    assert "断电&lt;b&gt;&#x27;=𠮷" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "请填写"),
        ("title", "\u200b ", "请填写标题"),
        ("title", "长" * 41, "40"),
        ("description", "", "请填写"),
        ("description", "太短了", "请至少写 10 个字，或先存草稿"),
        ("description", "长" * 1001, "1000"),
        ("category", "", "请选择"),
        ("category", "0", "不是"),
        ("urgency", "soon", "不是"),
        ("nature", "", "请选择"),
        ("source", "rumour", "不是"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_lost(
    people: People, field: str, value: str, sentence: str
) -> None:
    response = send(people.specialist, written(people, **{field: value}))
    assert response.status_code == 422
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert sentence in errors[field][0]
    kept = "外省46名钻修技工" if field != "description" else "外地员工无法返岗"
    assert kept in response.content.decode()
    assert not Appeal.objects.exists()


def test_a_draft_may_lack_its_description(people: People) -> None:
    send(people.specialist, written(people, description="", act="draft"))
    draft = Appeal.objects.get()
    assert (draft.status, draft.number, draft.description) == (Status.DRAFT, None, "")
    page = get(people.specialist, draft.get_absolute_url())
    assert offers(page) == ["提交", "现场办结", "作废草稿", "修改草稿"]


def test_a_draft_that_is_not_complete_can_not_be_submitted(people: People) -> None:
    draft = people.draft(timezone.now(), description="太短了")
    response = signed_in(people.specialist).post(f"/appeals/{draft.pk}/steps/submit/")
    assert response.status_code == 422
    assert "描述至少 10 个字，请先补充。" in response.content.decode()


def test_a_draft_is_changed_and_submitted(people: People) -> None:
    draft = people.draft(timezone.now(), description="")
    address = f"/appeals/{draft.pk}/edit/"
    page = get(people.specialist, address)
    assert 'value="外地员工无法返岗"' in page
    data = written(people, version=draft.version, title="改过的标题", description="还没写完", act="draft")
    assert send(people.specialist, data, address).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.status, draft.version) == ("改过的标题", Status.DRAFT, 2)
    data = written(people, version=2, title="改过的标题")
    assert send(people.specialist, data, address)["Location"] == draft.get_absolute_url()
    draft.refresh_from_db()
    assert draft.status == Status.PENDING
    assert draft.number


def test_a_draft_that_was_changed_elsewhere_is_not_overwritten(people: People) -> None:
    draft = people.draft(timezone.now())
    revise(draft, by=people.specialist, title="在手机上改过")
    response = send(people.specialist, written(people, version=1, title="在电脑上改的"), f"/appeals/{draft.pk}/edit/")
    assert response.status_code == 422
    page = response.content.decode()
    assert "这份草稿已在别处改过" in page
    assert "在电脑上改的" in page
    draft.refresh_from_db()
    assert (draft.title, draft.status) == ("在手机上改过", Status.DRAFT)


def test_a_submitted_appeal_is_not_changed_any_more(people: People) -> None:
    appeal = people.submitted(timezone.now())
    response = send(people.specialist, written(people, title="改"), f"/appeals/{appeal.pk}/edit/")
    assert response["Location"] == appeal.get_absolute_url()
    assert send(people.office, written(people, title="改"), f"/appeals/{appeal.pk}/edit/").status_code == 403
    appeal.refresh_from_db()
    assert appeal.title == "外地员工无法返岗"
    with pytest.raises(IllegalStepError, match="不能再按草稿修改"):
        revise(appeal, by=people.specialist, title="改")


def test_anothers_draft_is_not_found(people: People) -> None:
    draft = people.draft(timezone.now())
    for who in ("office", "team_leader", "supervisor"):
        assert signed_in(getattr(people, who)).get(f"/appeals/{draft.pk}/edit/").status_code == 404


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.TEAM_LEADER, Role.OFFICE])
def test_whoever_may_write_a_draft_may_discard_it(people: People, role: Role) -> None:
    cadre = factories.cadre(role)
    draft = factories.appeal(people.enterprise, cadre, now=timezone.now(), submit=False)
    response = signed_in(cadre).post(f"/appeals/{draft.pk}/steps/withdraw/")
    assert response.status_code == 302
    draft.refresh_from_db()
    assert draft.status == Status.WITHDRAWN
    assert (
        not Appeal.objects.visible_to(people.office).filter(pk=draft.pk).exclude(registered_by=people.office).exists()
    )


def test_sending_the_form_twice_registers_one_appeal(people: People) -> None:
    data = written(people)
    first, second = send(people.specialist, data), send(people.specialist, data)
    assert first["Location"] == second["Location"]
    assert Appeal.objects.count() == 1


def test_a_draft_that_is_sent_again_by_the_same_form_is_brought_up_to_date(people: People) -> None:
    data = written(people, act="draft")
    send(people.specialist, data)
    data = data | {"act": "", "title": "后来改的标题"}
    send(people.specialist, data)
    appeal = Appeal.objects.get()
    assert (appeal.title, appeal.status) == ("后来改的标题", Status.PENDING)


def test_anothers_form_never_stands_for_ones_own(people: People) -> None:
    data = written(people)
    send(people.specialist, data)
    send(people.team_leader, data)
    assert Appeal.objects.filter(registered_by=people.team_leader).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_registers_one_appeal() -> None:
    people, together, form = People(), Barrier(2), uuid4()

    def register_once(_: int) -> int:
        together.wait(10)
        try:
            appeal = register(
                people.enterprise,
                by=people.specialist,
                now=timezone.now(),
                client_id=form,
                title="外地员工无法返岗",
                description="外省46名钻修技工没有直达班车。",
                category=Category.objects.get(name="其他"),
            )
            return appeal.pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        keys = set(both.map(register_once, range(2)))
    assert len(keys) == Appeal.objects.count() == 1
    assert Appeal.objects.get().events.count() == 1
