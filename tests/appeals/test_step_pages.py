"""Taking steps in a browser: each form, what it refuses, who may not, and what the second of two people is told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.utils import timezone

from appeals.forms import STEP_FORMS
from appeals.models import Appeal
from appeals.workflow import STEPS, Status
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import People

HTMX = {"HX-Request": "true", "HX-Target": "workflow"}


def url(appeal: Appeal, name: str) -> str:
    return f"/appeals/{appeal.pk}/steps/{name}/"


def at(people: People, status: Status) -> Appeal:
    """As of today: the pages take their steps now."""
    return people.at(status, timezone.now())


def post(people: People, who: str, appeal: Appeal, name: str, *, htmx: bool = False, **data: Any) -> Any:
    client = signed_in(getattr(people, who))
    return client.post(url(appeal, name), data, headers=HTMX if htmx else {})


def filled(people: People, name: str) -> dict[str, Any]:
    """Each form as people fill it in."""
    note: dict[str, Any] = {"note": "已经说明清楚"}
    spoke = {"confirmed_by": "王经理", "confirmed_how": "phone"}
    return {
        "settle": {"reply": "当场协调供电所恢复供电", **spoke},
        "assign": {"lead": people.department.pk, "triage": "complex", "urgency": "pressing", **note},
        "answer": {"outcome": "explained", "reply": "该政策已于本月起施行，可直接申报。"},
        "pass_on": {"handler": people.colleague.pk, **note},
        "ask_reassign": {"suggested_lead": other_department().pk, **note},
        "reassign": {"lead": other_department().pk, **note},
        "keep_lead": note,
        "decline": {"decline_ground": "litigation", **note},
        "bounce": {"suggested_lead": other_department().pk, **note},
        "progress": {"contacted": "on", **note},
        "opine": {"opinion": "可增开一趟班车，本周五前落实。"},
        "reply": {"outcome": "partly", "reply": "专车接回44人"},
        "send_back": note,
        "confirm": {"solved": "yes", "rating": "fair", **spoke},
        "dispute": {**spoke, **note},
        "close": note,
        "return": note,
        "return_to_office": note,
        "withdraw": note,
        "urge": note,
    }.get(name, {})


def other_department() -> Any:
    return factories.DepartmentFactory.create(name="市交通局")


# (step, status it is taken in, who takes it, status after it)
TAKEN = [
    ("submit", Status.DRAFT, "specialist", Status.PENDING),
    ("settle", Status.DRAFT, "specialist", Status.CLOSING),
    ("assign", Status.PENDING, "office", Status.ASSIGNED),
    ("answer", Status.PENDING, "office", Status.CONFIRMING),
    ("decline", Status.PENDING, "office", Status.DECLINED),
    ("sign", Status.ASSIGNED, "handler", Status.HANDLING),
    ("bounce", Status.ASSIGNED, "handler", Status.PENDING),
    ("pass_on", Status.HANDLING, "head", Status.HANDLING),
    ("ask_reassign", Status.HANDLING, "handler", Status.HANDLING),
    ("reassign", Status.HANDLING, "office", Status.ASSIGNED),
    ("keep_lead", Status.HANDLING, "office", Status.HANDLING),
    ("progress", Status.HANDLING, "handler", Status.HANDLING),
    ("opine", Status.HANDLING, "co_handler", Status.HANDLING),
    ("reply", Status.HANDLING, "handler", Status.REVIEWING),
    ("approve", Status.REVIEWING, "head", Status.CONFIRMING),
    ("send_back", Status.REVIEWING, "head", Status.HANDLING),
    ("confirm", Status.CONFIRMING, "specialist", Status.CLOSING),
    ("dispute", Status.CONFIRMING, "specialist", Status.HANDLING),
    ("close", Status.CLOSING, "office", Status.CLOSED),
    ("return", Status.CLOSING, "office", Status.HANDLING),
    ("return_to_office", Status.CLOSING, "office", Status.PENDING),
    ("withdraw", Status.PENDING, "specialist", Status.WITHDRAWN),
    ("urge", Status.HANDLING, "supervisor", Status.HANDLING),
]
# Who else may take a step.
ALSO = {"reassign": {"supervisor"}, "keep_lead": {"supervisor"}, "urge": {"team_leader"}}
# Steps that nobody who is filling in a form is held up by.
UNNOTICED = {"urge", "opine"}


def ready_for(people: People, name: str, status: Status) -> Appeal:
    """As the step needs it: a few are answers to what was asked for, or to what was settled on the spot."""
    if name == "return_to_office":
        return people.settled_on_the_spot(timezone.now())
    if name == "opine":
        people.co_handler = factories.cadre(Role.HANDLER, department=other_department())
        return people.at(status, timezone.now(), co_departments=[other_department()])
    appeal = at(people, status)
    if name == "keep_lead":
        people.take(appeal, "ask_reassign", "handler", timezone.now(), note="不属本局")
    return appeal


def test_the_table_below_takes_every_step_and_every_step_has_a_form() -> None:
    of_people = [name for name, step in STEPS.steps.items() if step.permission]
    assert [name for name, *_ in TAKEN] == of_people == list(STEP_FORMS)
    for name, form in STEP_FORMS.items():
        fields = set(form.base_fields) - {"version", "asked_at", "note", "uploads"}
        assert fields == set(STEPS[name].carries), name


@pytest.mark.parametrize("name", sorted(UNNOTICED))
def test_a_form_that_is_sent_again_much_later_is_taken_once(people: People, name: str) -> None:
    appeal = ready_for(people, name, Status.HANDLING)
    who = people.co_handler if name == "opine" else people.supervisor
    asked = signed_in(who).get(url(appeal, name))
    shown = re.search(r'name="asked_at" value="([^"]+)"', asked.content.decode())
    assert shown
    form = STEP_FORMS[name](QueryDict(mutable=True), appeal=appeal, by=who)
    form.data.update({"asked_at": shown[1], **filled(people, name)})
    assert form.is_valid(), form.errors
    page, hour = form.cleaned_data["asked_at"], timedelta(hours=1)
    for since, minutes, events in ((page, 1, 1), (page, 120, 1), (page + hour, 120, 2)):
        form.cleaned_data["asked_at"] = since
        assert form.take(page + timedelta(minutes=minutes))
        assert appeal.events.filter(step=name).count() == events


@pytest.mark.parametrize(("name", "status", "who", "after"), TAKEN)
def test_every_step_is_taken_by_its_form_without_scripts(
    people: People, name: str, status: Status, who: str, after: Status
) -> None:
    appeal = ready_for(people, name, status)
    form = signed_in(getattr(people, who)).get(url(appeal, name))
    assert form.status_code == 200
    assert form.context["form"].label in form.content.decode()
    answer = post(people, who, appeal, name, version=appeal.version, **filled(people, name))
    assert answer.status_code == 302, errors_of(answer)
    before = appeal.version
    appeal.refresh_from_db()
    assert (appeal.status, appeal.version) == (after, before + (name not in UNNOTICED))
    event = appeal.events.latest("pk")
    assert (event.step, event.cadre) == (name, getattr(people, who))
    assert event.note == filled(people, name).get("note", "")


def errors_of(response: HttpResponse) -> Any:
    form = response.context["form"] if getattr(response, "context", None) else None
    return form and form.errors


@pytest.mark.parametrize(("name", "status", "who", "after"), TAKEN)
def test_every_step_is_refused_to_those_without_the_right(
    people: People, name: str, status: Status, who: str, after: Status
) -> None:
    appeal = ready_for(people, name, status)
    for other in ("specialist", "team_leader", "office", "supervisor", "leader", "handler", "head"):
        if (name in {"sign", "progress", "reply", "bounce"} and other == "head") or other in ALSO.get(name, ()):
            continue
        if other != who and Appeal.objects.visible_to(getattr(people, other)).exists():
            response = post(people, other, appeal, name, **filled(people, name))
            assert response.status_code == 403, other
    assert post(people, "stranger", appeal, name).status_code == 404
    assert post(people, "caller", appeal, name).status_code == 403
    appeal.refresh_from_db()
    assert appeal.status == status


def test_a_head_signs_but_neither_bounces_nor_replies(people: People) -> None:
    appeal = at(people, Status.ASSIGNED)
    assert post(people, "head", appeal, "bounce", **filled(people, "bounce")).status_code == 403
    assert post(people, "head", appeal, "sign").status_code == 302
    assert post(people, "head", appeal, "reply", **filled(people, "reply")).status_code == 403


def test_a_refusal_says_why(people: People) -> None:
    appeal = at(people, Status.CONFIRMING)
    page = post(people, "office", appeal, "confirm").content.decode()
    assert "你的角色不能办理“企业确认”。" in page


def test_there_is_no_such_step(people: People) -> None:
    assert signed_in(people.office).get(url(at(people, Status.PENDING), "merge")).status_code == 404


@pytest.mark.parametrize("method", ["put", "delete"])
def test_only_get_and_post_are_understood(people: People, method: str) -> None:
    client = signed_in(people.office)
    assert getattr(client, method)(url(at(people, Status.PENDING), "assign")).status_code == 405


# What each form must carry, and what is said without it.
CHOOSE, FILL = "请选择", "请填写"
SPOKE = {"confirmed_by": FILL, "confirmed_how": CHOOSE}
MISSING: list[tuple[str, Status, str, dict[str, str], dict[str, str]]] = [
    ("settle", Status.DRAFT, "specialist", {}, {"reply": FILL, **SPOKE}),
    ("assign", Status.PENDING, "office", {}, {"lead": CHOOSE, "triage": CHOOSE, "urgency": CHOOSE}),
    ("answer", Status.PENDING, "office", {}, {"outcome": CHOOSE, "reply": FILL}),
    ("pass_on", Status.HANDLING, "head", {}, {"handler": CHOOSE}),
    ("ask_reassign", Status.HANDLING, "handler", {}, {"suggested_lead": CHOOSE, "note": FILL}),
    ("reassign", Status.HANDLING, "supervisor", {}, {"lead": CHOOSE, "note": FILL}),
    ("urge", Status.HANDLING, "supervisor", {"note": " "}, {"note": FILL}),
    ("decline", Status.PENDING, "office", {}, {"decline_ground": CHOOSE, "note": FILL}),
    ("bounce", Status.ASSIGNED, "handler", {}, {"suggested_lead": CHOOSE, "note": FILL}),
    ("progress", Status.HANDLING, "handler", {"contacted": "on"}, {"note": FILL}),
    ("reply", Status.HANDLING, "handler", {}, {"outcome": CHOOSE, "reply": FILL}),
    ("send_back", Status.REVIEWING, "head", {}, {"note": FILL}),
    ("confirm", Status.CONFIRMING, "specialist", {}, {"solved": CHOOSE, "rating": CHOOSE, **SPOKE}),
    ("dispute", Status.CONFIRMING, "specialist", {}, {"note": FILL, **SPOKE}),
    ("close", Status.CLOSING, "office", {"note": "   "}, {"note": FILL}),
    ("return", Status.CLOSING, "office", {}, {"note": FILL}),
    ("withdraw", Status.PENDING, "specialist", {}, {"note": FILL}),
]


@pytest.mark.parametrize(("name", "status", "who", "data", "expected"), MISSING)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_a_step_must_carry_is_asked_for(
    people: People, name: str, status: Status, who: str, data: dict[str, Any], expected: dict[str, str], htmx: bool
) -> None:
    appeal = at(people, status)
    response = post(people, who, appeal, name, htmx=htmx, **data)
    assert response.status_code == 422
    assert {field: errors[0] for field, errors in response.context["form"].errors.items()} == expected
    assert ("<html" in response.content.decode()) is not htmx
    appeal.refresh_from_db()
    assert appeal.status == status


@pytest.mark.parametrize("unhappy", [{"solved": "no"}, {"rating": "dissatisfied"}])
def test_who_confirms_for_an_unhappy_enterprise_says_why(people: People, unhappy: dict[str, str]) -> None:
    appeal = at(people, Status.CONFIRMING)
    values = filled(people, "confirm") | unhappy
    response = post(people, "specialist", appeal, "confirm", **values)
    assert response.status_code == 422
    assert "不要求重办的，请写明原因" in response.context["form"].errors["note"][0]
    assert post(people, "specialist", appeal, "confirm", **values, note="企业不再追究").status_code == 302


def test_too_long_a_text_is_refused_and_kept(people: People) -> None:
    appeal = at(people, Status.CLOSING)
    response = post(people, "office", appeal, "close", note="看" * 501)
    assert response.status_code == 422
    assert "看" * 501 in response.content.decode()


def test_the_lead_is_not_its_own_helper(people: People) -> None:
    values = filled(people, "assign") | {"co_departments": [people.department.pk]}
    response = post(people, "office", at(people, Status.PENDING), "assign", **values)
    assert response.context["form"].errors == {"co_departments": ["主办单位不能同时是协办单位"]}


def test_an_appeal_goes_only_to_departments_that_handle_appeals_near_it(people: People) -> None:
    appeal = at(people, Status.PENDING)
    own = factories.DepartmentFactory.create(region=appeal.region, name="区商务局")
    elsewhere = factories.DepartmentFactory.create(region=factories.district(9), name="九区商务局")
    idle = factories.DepartmentFactory.create(name="市档案馆", handles_appeals=False)
    ended = factories.DepartmentFactory.create(name="市旧局", valid_until="2026-01-01")
    page = signed_in(people.office).get(url(appeal, "assign"))
    offered = set(page.context["form"].fields["lead"].queryset)
    assert {people.department, own} <= offered
    assert offered.isdisjoint({elsewhere, idle, ended})
    refused = post(people, "office", appeal, "assign", **(filled(people, "assign") | {"lead": elsewhere.pk}))
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["lead"]


def test_a_bounced_appeal_proposes_the_suggested_department(people: People) -> None:
    appeal = at(people, Status.ASSIGNED)
    post(people, "handler", appeal, "bounce", **filled(people, "bounce"))
    page = signed_in(people.office).get(url(appeal, "assign"))
    assert page.context["form"]["lead"].value() == other_department().pk
    assert "退单时建议：市交通局" in page.content.decode()


def test_an_assignment_keeps_everything_that_was_filled_in(people: People) -> None:
    appeal, helper = at(people, Status.PENDING), other_department()
    post(people, "office", appeal, "assign", **(filled(people, "assign") | {"co_departments": [helper.pk]}))
    appeal.refresh_from_db()
    assert (appeal.lead, appeal.triage, appeal.urgency) == (people.department, "complex", "pressing")
    assert list(appeal.co_departments.all()) == [helper]
    assert appeal.limit_amount == 20


def test_contact_with_the_enterprise_is_recorded_once(people: People) -> None:
    appeal = at(people, Status.HANDLING)
    post(people, "handler", appeal, "progress", **filled(people, "progress"))
    appeal.refresh_from_db()
    first = appeal.contacted_at
    assert first is not None
    page = signed_in(people.handler).get(url(appeal, "progress"))
    assert "contacted" not in page.context["form"].fields
    post(people, "handler", appeal, "progress", **filled(people, "progress"))
    appeal.refresh_from_db()
    assert appeal.contacted_at == first


@pytest.mark.parametrize("name", ["close", "decline", "withdraw"])
def test_what_can_not_be_undone_is_asked_first(people: People, name: str) -> None:
    status, who = next((status, who) for step, status, who, _ in TAKEN if step == name)
    page = signed_in(getattr(people, who)).get(url(at(people, status), name)).content.decode()
    assert f'data-confirm="{STEP_FORMS[name].question}"' in page
    assert "btn-danger" in page


# --- with htmx ---


def test_htmx_loads_a_form_into_the_panel(people: People) -> None:
    appeal = at(people, Status.PENDING)
    part = signed_in(people.office).get(url(appeal, "assign"), headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'id="workflow"' in part
    assert f'hx-post="{url(appeal, "assign")}"' in part


def test_htmx_gets_the_case_as_it_now_stands(people: People) -> None:
    appeal = at(people, Status.ASSIGNED)
    response = post(people, "handler", appeal, "sign", htmx=True, version=appeal.version)
    part = response.content.decode()
    assert response["HX-Retarget"] == "#case"
    assert "已办理“签收”" in response["HX-Trigger"].encode().decode("unicode_escape")
    assert "<html" not in part
    assert 'id="case-state" hx-swap-oob="true"' in part
    assert "办理中" in part
    assert "答复" in part


def test_a_step_that_takes_the_appeal_out_of_sight_leads_back_to_the_list(people: People) -> None:
    appeal = at(people, Status.ASSIGNED)
    response = post(people, "handler", appeal, "bounce", htmx=True, **filled(people, "bounce"))
    assert response["HX-Redirect"] == "/appeals/"
    again = at(people, Status.ASSIGNED)
    response = post(people, "handler", again, "bounce", **filled(people, "bounce"))
    assert response["Location"] == "/appeals/"


def test_an_expired_session_leads_to_the_sign_in_page(people: People) -> None:
    appeal = at(people, Status.ASSIGNED)
    headers = HTMX | {"HX-Current-URL": f"http://testserver/appeals/{appeal.pk}/"}
    response = Client().post(url(appeal, "sign"), headers=headers)
    assert response.status_code == 401
    assert response["HX-Redirect"] == f"/login/?next=%2Fappeals%2F{appeal.pk}%2F"
    assert response.content == b""
    appeal.refresh_from_db()
    assert appeal.status == Status.ASSIGNED


# --- somebody else was quicker ---


@pytest.mark.parametrize("htmx", [False, True])
def test_sending_a_step_twice_does_it_once_and_says_so(people: People, htmx: bool) -> None:
    appeal = at(people, Status.ASSIGNED)
    version = appeal.version
    post(people, "handler", appeal, "sign", htmx=htmx, version=version)
    again = post(people, "handler", appeal, "sign", htmx=htmx, version=version)
    assert again.status_code == 422
    assert "办理“签收”，该诉求现为“办理中”" in again.content.decode()
    assert appeal.events.filter(step="sign").count() == 1


def test_sending_progress_twice_records_it_once(people: People) -> None:
    appeal = at(people, Status.HANDLING)
    version = appeal.version
    for expected in (302, 422):
        response = post(people, "handler", appeal, "progress", version=version, note="已联系客运公司")
        assert response.status_code == expected
    assert appeal.events.filter(step="progress").count() == 1


def test_who_answers_a_case_that_changed_meanwhile_is_told_and_loses_no_word(people: People) -> None:
    appeal = at(people, Status.HANDLING)
    seen = appeal.version
    post(people, "colleague", appeal, "progress", note="企业已补来名单")
    stale = {**filled(people, "reply"), "version": seen}
    response = post(people, "handler", appeal, "reply", htmx=True, **stale)
    page = response.content.decode()
    assert response.status_code == 422
    assert "孙雯已于" in page
    assert "办理“登记进展”，请核对后再提交" in page
    assert "专车接回44人" in page
    appeal.refresh_from_db()
    assert appeal.status == Status.HANDLING
    again = {**filled(people, "reply"), "version": response.context["form"]["version"].value()}
    assert post(people, "handler", appeal, "reply", htmx=True, **again).status_code == 200


def test_who_is_too_late_keeps_the_words_and_has_no_button_left(people: People) -> None:
    appeal = at(people, Status.HANDLING)
    post(people, "colleague", appeal, "reply", **filled(people, "reply"))
    response = post(people, "handler", appeal, "reply", htmx=True, outcome="solved", reply="我写的答复")
    page = response.content.decode()
    assert response.status_code == 422
    assert "我写的答复" in page
    assert "看最新情况" in page
    assert 'type="submit"' not in page


def test_the_form_of_a_step_that_is_over_leads_back_with_a_sentence(people: People) -> None:
    appeal = at(people, Status.HANDLING)
    response = signed_in(people.office).get(url(appeal, "assign"), follow=True)
    assert response.redirect_chain == [(f"/appeals/{appeal.pk}/", 302)]
    assert "该诉求现为“办理中”，不能再办理这一步。" in response.content.decode()
    part = signed_in(people.office).get(url(appeal, "assign"), headers=HTMX).content.decode()
    assert "不能再办理这一步。" in part
    assert 'id="workflow"' in part


def test_after_two_bounces_the_office_is_told_who_assigns(people: People) -> None:
    appeal = at(people, Status.ASSIGNED)
    for _ in range(2):
        people.take(appeal, "bounce", "handler", timezone.now(), note="不属本局")
        if appeal.bounces < 2:
            people.take(appeal, "assign", "office", timezone.now())
    response = post(people, "office", appeal, "assign", **filled(people, "assign"))
    assert response.status_code == 403
    assert "该诉求已两次退单，须由督查办理“转办”。" in response.content.decode()
    assert post(people, "supervisor", appeal, "assign", **filled(people, "assign")).status_code == 302


def test_who_replied_may_not_approve(people: People) -> None:
    both = factories.cadre(Role.HANDLER, Role.HEAD, department=people.department)
    people.both = both
    appeal = at(people, Status.HANDLING)
    post(people, "both", appeal, "reply", **filled(people, "reply"))
    response = post(people, "both", appeal, "approve")
    assert response.status_code == 403
    assert "答复人不能审核、确认或销号" in response.content.decode()
