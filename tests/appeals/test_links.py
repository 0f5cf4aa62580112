"""The enterprise's signed link: who gets in, what they see, and what they say."""

from __future__ import annotations

import io
import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pythonjsonlogger.json import JsonFormatter

from appeals import links
from appeals.models import EnterpriseLink, LinkAnswer
from appeals.workflow import Status
from cadres.models import AuditRow, Outbox
from tests import factories
from tests.appeals.guests import DIGITS, Case, confirm, form_of, fresh
from tests.appeals.pages import get, signed_in
from workflow import links as signed
from workflow.links import Try
from workflow.steps import Actor, IllegalStepError

pytestmark = pytest.mark.django_db

GONE = "链接无效或已失效"


@pytest.fixture
def case() -> Case:
    return Case()


# --- getting in ------------------------------------------------------------------------------------------------


def test_a_browser_is_asked_once_for_the_last_four_digits(case: Case) -> None:
    client = Client()
    asked = client.get(case.page)
    assert "联系人电话的后四位" in asked.content.decode()
    assert case.people.enterprise.name not in asked.content.decode()
    assert client.post(case.page, {"digits": DIGITS}).status_code == 302
    page = client.get(case.page).content.decode()
    assert case.appeal.title in page
    assert "市人社局已答复，请您确认" in page
    assert "联系人电话的后四位" not in client.get(case.page).content.decode()
    assert "联系人电话的后四位" in Client().get(case.page).content.decode()


@pytest.mark.parametrize("digits", ["0000", "", "567", "56789", "５６７８", "abcd", "5678\n1", "' or 1=1 --"])
def test_other_digits_do_not_open_it(case: Case, digits: str) -> None:
    client = Client()
    response = client.post(case.page, {"digits": digits})
    assert response.status_code == 422
    assert case.appeal.title not in client.get(case.page).content.decode()


def test_wrong_tokens_of_every_kind_get_the_same_page(case: Case) -> None:
    expired, revoked = case.make(), case.make()
    links.revoke(revoked[0], by=case.people.specialist, now=timezone.now())
    now = timezone.now()
    EnterpriseLink.objects.filter(pk=expired[0].pk).update(made_at=now - timedelta(days=2), expires_at=now)
    answers = [
        Client().get(f"/e/{token}/") for token in ("x", "𠮷", "a" * 400, case.token[:-1], expired[1], revoked[1])
    ]
    answers.append(case.phone().get(f"/e/{case.token}/appeals/999999999/"))
    foreign = factories.appeal()
    answers.append(case.phone().get(f"/e/{case.token}/appeals/{foreign.pk}/"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert GONE in answers[0].content.decode()
    assert "驻企特派专员" in answers[0].content.decode()


def test_a_draft_is_not_the_enterprises_business_yet(case: Case) -> None:
    draft = case.people.draft(title="还没有提交")
    phone = case.phone()
    assert "还没有提交" not in phone.get(case.page).content.decode()
    assert phone.get(f"/e/{case.token}/appeals/{draft.pk}/").status_code == 404


def test_only_a_hash_of_the_token_is_stored_anywhere(case: Case) -> None:
    confirm(case.phone(), case)
    links.revoke(case.link, by=case.people.specialist, now=timezone.now())
    assert len(case.token) >= 32
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{case.token}%"])  # noqa: S608 -- our own tables' names
            assert cursor.fetchone() == (0,), table


def test_no_log_holds_the_token(case: Case) -> None:
    written, client = io.StringIO(), Client(raise_request_exception=False, enforce_csrf_checks=True)
    console: Any = next(one for one in logging.getLogger().handlers if isinstance(one.formatter, JsonFormatter))
    before = console.setStream(written)
    try:
        client.get(case.page)
        assert client.post(case.page, {"digits": DIGITS}).status_code == 403  # logged with its address by Django
        client.get(f"/e/{case.token}/nothing/")
        logging.getLogger("django.request").error("Internal Server Error: %s", case.page)
        try:
            raise RuntimeError(case.page)
        except RuntimeError:
            logging.getLogger("x").exception("broken")
    finally:
        console.setStream(before)
    lines = written.getvalue().splitlines()
    assert [json.loads(line)["level"] for line in lines].count("ERROR") == 2
    assert "/e/***" in written.getvalue()
    assert case.token not in written.getvalue()


def test_the_pages_stay_in_no_cache_and_tell_nobody_their_address(case: Case) -> None:
    phone = case.phone()
    for response in (Client().get(case.page), phone.get(case.page), phone.get(case.appeal_page), phone.get("/e/no/")):
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "strict-origin"
        assert 'name="robots" content="noindex, nofollow"' in response.content.decode()
    cookie = phone.cookies[f"enterprise-link-{case.link.pk}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert case.token not in cookie.value


def test_who_is_no_contact_any_more_or_has_another_number_is_asked_again(case: Case) -> None:
    phone = case.phone()
    case.contact.phone = "13900001111"
    case.contact.save()
    assert "联系人电话的后四位" in phone.get(case.page).content.decode()
    assert phone.post(case.page, {"digits": DIGITS}).status_code == 422
    assert phone.post(case.page, {"digits": "1111"}).status_code == 302


def test_the_cookie_of_one_link_does_not_open_another(case: Case) -> None:
    phone, (other, token) = case.phone(), case.make()
    phone.cookies[f"enterprise-link-{other.pk}"] = phone.cookies[f"enterprise-link-{case.link.pk}"].value
    assert "联系人电话的后四位" in phone.get(f"/e/{token}/").content.decode()


def test_an_enterprise_without_a_number_gets_no_link_and_a_sentence_if_it_had_one(case: Case) -> None:
    case.contact.phone = "无"
    case.contact.save()
    with pytest.raises(links.LinkError, match="请先补充联系人和电话"):
        case.make()
    page = Client().get(case.page)
    assert "没有登记联系电话" in page.content.decode()
    assert Client().post(case.page, {"digits": ""}).status_code == 422


# --- trying out ------------------------------------------------------------------------------------------------


def test_a_link_is_locked_after_a_few_wrong_digits_also_for_the_right_ones(case: Case) -> None:
    tries = [Client(REMOTE_ADDR=f"10.0.0.{n}").post(case.page, {"digits": "0000"}).status_code for n in range(5)]
    assert tries == [422, 422, 422, 422, 429]
    locked = Client(REMOTE_ADDR="10.0.0.9").post(case.page, {"digits": DIGITS})
    assert locked.status_code == 429
    assert "已暂时锁定" in locked.content.decode()
    assert AuditRow.objects.filter(action="link", subject__contains="多次答错尾号，锁定 1 小时").count() == 1
    assert Outbox.objects.get(key__startswith="link-locked").audience == [{"cadre": case.people.specialist.pk}]
    EnterpriseLink.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert case.phone().get(case.page).status_code == 200


def test_a_link_that_is_locked_again_and_again_is_revoked(case: Case) -> None:
    for number in range(signed.TRIES_PER_LINK * signed.LOCKS_PER_LINK):
        EnterpriseLink.objects.update(locked_until=None)
        Client(REMOTE_ADDR=f"10.0.{number}.1").post(case.page, {"digits": "0000"})
    case.link.refresh_from_db()
    assert (case.link.revoked_at is not None, case.link.revoked_by) == (True, None)
    assert GONE in Client().post(case.page, {"digits": DIGITS}).content.decode()
    assert "已自动撤销" in Outbox.objects.get(key=f"link-locked:{case.link.pk}:4").subject


def test_an_address_that_tries_many_links_has_to_wait_and_others_do_not(case: Case) -> None:
    tokens = [case.make()[1] for _ in range(8)]
    answers = [
        Client(REMOTE_ADDR="10.9.9.9").post(f"/e/{tokens[number // 4]}/", {"digits": "0000"}).status_code
        for number in range(signed.TRIES_PER_ADDRESS + 1)
    ]
    assert answers == [422] * signed.TRIES_PER_ADDRESS + [429]
    assert Client(REMOTE_ADDR="10.9.9.9").post(f"/e/{tokens[7]}/", {"digits": DIGITS}).status_code == 429
    assert Client(REMOTE_ADDR="10.9.9.8").post(f"/e/{tokens[7]}/", {"digits": DIGITS}).status_code == 302
    Try.objects.update(at=timezone.now() - signed.WINDOW)
    assert Client(REMOTE_ADDR="10.9.9.9").post(f"/e/{tokens[7]}/", {"digits": DIGITS}).status_code == 302


def test_one_household_of_addresses_is_one(case: Case) -> None:
    assert signed.network_of("2001:db8:1:2:3::1") == signed.network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert signed.network_of("10.0.0.1") != signed.network_of("10.0.0.2")


def test_guessing_tokens_fills_no_table_and_old_tries_are_forgotten(case: Case) -> None:
    Try.objects.create(network="10.1.1.1", at=timezone.now() - timedelta(days=2))
    for number in range(signed.TRIES_PER_ADDRESS + 10):
        assert Client().get(f"/e/guess{number}/").status_code == 404
    assert Try.objects.count() == signed.TRIES_PER_ADDRESS


def test_the_limit_holds_while_the_cache_is_down(case: Case, settings: Any, tmp_path: Path) -> None:
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/gone.sock?db=0"}}
    tries = [Client().post(case.page, {"digits": "0000"}).status_code for _ in range(5)]
    assert tries == [422, 422, 422, 422, 429]
    assert Client().post(case.page, {"digits": DIGITS}).status_code == 429


# --- what they see ---------------------------------------------------------------------------------------------


def test_the_enterprise_sees_units_and_no_official_and_nothing_internal(case: Case) -> None:
    people = case.people
    people.take(people.at(Status.HANDLING, timezone.now()), "progress", "handler", timezone.now(), note="内部进展说明")
    appeal = people.at(Status.ASSIGNED, timezone.now())
    people.take(appeal, "bounce", "handler", timezone.now(), note="内部退单原因", suggested_lead=people.department)
    phone = case.phone()
    pages = [phone.get(case.page), phone.get(case.appeal_page), phone.get(f"/e/{case.token}/appeals/{appeal.pk}/")]
    for page in pages:
        text = page.content.decode()
        assert not [name for name in ("王晓敏", "钱志远", "赵明", "李局长", "内部") if name in text]
        assert "watermark" not in text
        assert 'class="side' not in text
    assert "专车接回44人" in pages[1].content.decode()
    assert "市人社局" in pages[1].content.decode()


def test_an_answer_is_not_shown_before_it_was_approved(case: Case) -> None:
    appeal = case.people.at(Status.REVIEWING, timezone.now())
    page = case.phone().get(f"/e/{case.token}/appeals/{appeal.pk}/").content.decode()
    assert "专车接回44人" not in page
    assert "市人社局正在审核答复" in page


def test_every_status_has_plain_words(case: Case) -> None:
    phone = case.phone()
    for status in (Status.PENDING, Status.ASSIGNED, Status.HANDLING, Status.CLOSING, Status.CLOSED):
        appeal = case.people.at(status, timezone.now())
        assert phone.get(f"/e/{case.token}/appeals/{appeal.pk}/").status_code == 200
    text = phone.get(case.page).content.decode()
    assert [words in text for words in ("正在受理", "已转市人社局办理", "市人社局正在办理", "正在核对归档")] == [
        True
    ] * 4


def test_openings_are_counted_for_those_who_gave_the_digits_alone(case: Case) -> None:
    since = timezone.now()
    Client().get(case.page)
    assert not EnterpriseLink.objects.opened_since(since).exists()
    phone = case.phone()
    phone.get(case.page)
    phone.get(case.appeal_page)
    case.link.refresh_from_db()
    assert case.link.opened == 2
    assert EnterpriseLink.objects.opened_since(since).get() == case.link


def test_the_specialist_sees_whether_the_enterprise_has_looked_at_the_answer(case: Case) -> None:
    there = case.appeal.get_absolute_url()
    assert "答复后企业还没有打开" in get(case.people.specialist, there)
    case.phone().get(case.page)
    assert "企业已打开查看，还没有答复" in get(case.people.specialist, there)


def test_the_page_asks_as_many_questions_for_twenty_appeals_as_for_two(
    case: Case, django_assert_num_queries: Any
) -> None:
    phone, counts = case.phone(), []
    for total in (1, 18):
        for _ in range(total):
            case.people.at(Status.ASSIGNED, timezone.now())
        with django_assert_num_queries(1000, exact=False) as captured:
            assert phone.get(case.page).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- what they say ---------------------------------------------------------------------------------------------


def test_the_enterprise_confirms_and_rates(case: Case) -> None:
    response = confirm(case.phone(), case, solved="partly", rating="fair", note="还差两个人<b>'=𠮷")
    assert response.status_code == 302
    appeal = fresh(case.appeal)
    assert (appeal.status, appeal.solved, appeal.rating) == ("closing", "partly", "fair")
    assert (appeal.confirmed_by, appeal.confirmed_how) == ("王经理", "link")
    event = appeal.events.get(step="confirm")
    assert (event.actor_kind, event.cadre, event.who) == (Actor.LINK, None, "王经理（企业链接）")
    assert event.note == "还差两个人<b>'=𠮷"
    answer = LinkAnswer.objects.get()
    assert (answer.link, answer.event, answer.contact) == (case.link, event, case.contact)
    notice = Outbox.objects.get(key=f"link-answer:{event.pk}")
    assert {"cadre": case.people.specialist.pk} in notice.audience
    page = get(case.people.office, appeal.get_absolute_url())
    assert "王经理（企业链接）" in page


def test_the_enterprise_disputes(case: Case) -> None:
    phone = case.phone()
    form = form_of(phone.get(case.appeal_page).content.decode(), "dispute")
    assert phone.post(case.appeal_page, form | {"note": ""}).status_code == 422
    assert phone.post(case.appeal_page, form | {"note": "班车没有来"}).status_code == 302
    appeal = fresh(case.appeal)
    assert (appeal.status, appeal.disputes, appeal.round) == ("handling", 1, 2)
    assert "班车没有来" in phone.get(case.appeal_page).content.decode()


def test_the_enterprise_disputes_what_the_office_answered_directly(case: Case) -> None:
    appeal = case.people.submitted(timezone.now())
    case.people.take(appeal, "answer", "office", timezone.now(), outcome="explained", reply="按文件办理")
    phone, there = case.phone(), f"/e/{case.token}/appeals/{appeal.pk}/"
    page = phone.get(there).content.decode()
    assert "按文件办理" in page
    sent = phone.post(there, form_of(page, "dispute") | {"note": "不是这个意思"})
    assert sent.status_code == 302
    assert fresh(appeal).disputes == 1


def test_who_is_unhappy_says_why(case: Case) -> None:
    phone = case.phone()
    refused = confirm(phone, case, rating="dissatisfied")
    assert refused.status_code == 422
    assert "请写明哪里没有解决或不满意" in refused.content.decode()
    assert confirm(phone, case, rating="dissatisfied", note="太慢").status_code == 302
    assert fresh(case.appeal).rating == "dissatisfied"


@pytest.mark.parametrize(
    "changed", [{"solved": "x"}, {"rating": ""}, {"version": "x"}, {"sending": "1"}, {"act": "close"}]
)
def test_nonsense_changes_nothing(case: Case, changed: dict[str, str]) -> None:
    assert confirm(case.phone(), case, **changed).status_code == 422
    assert fresh(case.appeal).status == Status.CONFIRMING


def test_the_same_form_sent_twice_is_one_answer(case: Case) -> None:
    phone = case.phone()
    form = form_of(phone.get(case.appeal_page).content.decode(), "confirm") | {"solved": "yes", "rating": "satisfied"}
    assert [phone.post(case.appeal_page, form).status_code for _ in range(2)] == [302, 302]
    assert fresh(case.appeal).events.filter(step="confirm").count() == 1


def test_who_comes_second_is_told_who_was_first(case: Case) -> None:
    one, other = case.phone(), case.phone()
    late = form_of(other.get(case.appeal_page).content.decode(), "confirm") | {
        "solved": "no",
        "rating": "fair",
        "note": "x",
    }
    assert confirm(one, case).status_code == 302
    told = other.post(case.appeal_page, late)
    assert told.status_code == 409
    assert "已有人通过企业链接确认并评价，你这次没有重复提交。" in told.content.decode()
    assert fresh(case.appeal).solved == "yes"


def test_who_comes_after_the_specialists_proxy_is_told_without_a_name(case: Case) -> None:
    phone = case.phone()
    form = form_of(phone.get(case.appeal_page).content.decode(), "dispute") | {"note": "没有解决"}
    case.people.take(case.appeal, "confirm", "specialist", timezone.now())
    told = phone.post(case.appeal_page, form)
    assert told.status_code == 409
    assert "驻企专员已代贵企业确认并评价" in told.content.decode()
    assert "王晓敏" not in told.content.decode()
    assert fresh(case.appeal).disputes == 0


def test_a_link_revoked_between_page_and_answer_answers_no_more(case: Case) -> None:
    phone = case.phone()
    form = form_of(phone.get(case.appeal_page).content.decode(), "confirm") | {"solved": "yes", "rating": "satisfied"}
    links.revoke(case.link, by=case.people.specialist, now=timezone.now())
    response = phone.post(case.appeal_page, form)
    assert (response.status_code, GONE in response.content.decode()) == (404, True)
    assert fresh(case.appeal).status == Status.CONFIRMING


def test_an_official_who_knows_the_digits_may_look_but_not_answer(case: Case) -> None:
    client = signed_in(case.people.specialist)
    assert client.post(case.page, {"digits": DIGITS}).status_code == 302
    page = client.get(case.appeal_page).content.decode()
    assert "你已登录为工作人员" in page
    form = form_of(case.phone().get(case.appeal_page).content.decode(), "confirm")
    answer = client.post(case.appeal_page, form | {"solved": "yes", "rating": "satisfied"})
    assert answer.status_code == 403
    assert fresh(case.appeal).status == Status.CONFIRMING
    case.link.refresh_from_db()
    assert case.link.opened == 1, "only the phone's look counts"


def test_a_link_takes_no_other_step(case: Case) -> None:
    appeal = case.people.at(Status.CLOSING, timezone.now())
    with pytest.raises(IllegalStepError, match="须由工作人员"):
        appeal.take("close", by=Actor.link("x"), now=timezone.now(), note="x")


# --- officials -------------------------------------------------------------------------------------------------


def where(case: Case) -> str:
    return f"/enterprises/{case.people.enterprise.pk}/links/"


def test_a_specialist_makes_a_link_and_sees_its_address_once(case: Case) -> None:
    client = signed_in(case.people.specialist)
    form = {"days": "90", "sending": str(uuid4())}
    made = client.post(where(case), form)
    page = made.content.decode()
    assert made.status_code == 200
    assert "http://testserver/e/" in page
    assert "data:image/svg+xml" in page
    token = page.partition("http://testserver/e/")[2].partition("/")[0]
    assert Client().get(f"/e/{token}/").status_code == 200
    again = client.post(where(case), form)
    assert again.status_code == 422
    assert "链接已经生成过" in again.content.decode()
    assert token not in client.get(where(case)).content.decode()
    assert EnterpriseLink.objects.count() == 2
    assert AuditRow.objects.filter(action="link", subject__startswith="生成").count() == 2


@pytest.mark.parametrize("days", ["", "0", "365", "-1", "x"])
def test_only_the_offered_lengths_are_given(case: Case, days: str) -> None:
    answer = signed_in(case.people.office).post(where(case), {"days": days, "sending": str(uuid4())})
    assert answer.status_code == 422
    assert EnterpriseLink.objects.count() == 1


def test_the_list_shows_each_links_state_and_both_pages_lead_there(case: Case) -> None:
    case.make()
    links.revoke(case.link, by=case.people.office, now=timezone.now())
    page = get(case.people.specialist, where(case))
    assert "由钱志远撤销" in page
    assert [f">{state}<" in page for state in ("有效", "已撤销")] == [True, True]
    for there in (case.people.enterprise.get_absolute_url(), case.appeal.get_absolute_url()):
        assert f'href="{where(case)}"' in get(case.people.specialist, there)
        assert f'href="{where(case)}"' not in get(case.people.leader, there)


def test_renewing_takes_a_lock_off_and_keeps_the_address(case: Case) -> None:
    for number in range(5):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(case.page, {"digits": "0000"})
    signed_in(case.people.specialist).post(f"/links/{case.link.pk}/renew/")
    case.link.refresh_from_db()
    assert case.link.expires_at - timezone.now() > timedelta(days=89)
    assert case.phone().get(case.page).status_code == 200


def test_what_was_revoked_is_not_renewed(case: Case) -> None:
    client = signed_in(case.people.specialist)
    client.post(f"/links/{case.link.pk}/revoke/")
    told = client.post(f"/links/{case.link.pk}/renew/", follow=True)
    assert "链接已撤销，不能延期" in told.content.decode()
    assert Client().get(case.page).status_code == 404
    assert "链接早已撤销" in client.post(f"/links/{case.link.pk}/revoke/", follow=True).content.decode()
