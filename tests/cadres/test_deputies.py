"""Naming deputies (AB岗), and the mode in which a deputy works for somebody."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from cadres.models import AuditRow, Deputyship, Message
from cadres.roles import Role
from cadres.safety import second_factor
from cadres.tasks import deliver
from tests import factories
from tests.cadres.deputies import acting, deputyship, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.DepartmentFactory.create(name="市人社局")


@pytest.fixture
def head(unit):
    return factories.cadre(Role.HEAD, department=unit, name="李四")


@pytest.fixture
def colleague(unit):
    return factories.cadre(Role.HANDLER, department=unit, name="张三")


def days(first: int = 0, last: int = 7) -> dict[str, str]:
    today = timezone.localdate()
    return {"starts_on": str(today + timedelta(days=first)), "ends_on": str(today + timedelta(days=last))}


def name(client: Client, deputy: str, first: int = 0, last: int = 7, page: str = "/account/deputies/"):
    return client.post(page, {"deputy": deputy, "reason": "休年假", **days(first, last)})


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


# --- naming and ending -------------------------------------------------------------------------------------------


def test_one_names_a_deputy_who_is_told_and_it_is_audited(head, colleague):
    assert name(signed_in(head), "张三").status_code == 302
    row = Deputyship.objects.get()
    assert (row.principal, row.deputy, row.named_by, row.reason) == (head, colleague, head, "休年假")
    deliver()
    told = Message.objects.get()
    assert told.recipient == colleague
    assert "由张三代理李四" in told.subject
    audited = AuditRow.objects.get(action="deputy")
    assert (audited.cadre, audited.subject) == (head, "指定代理：张三代李四")


@pytest.mark.parametrize("who", ["", "李四", "没有这个人", "赵远", "管理员"])
def test_nobody_is_named_who_can_not_stand_in(head, who):
    """Oneself, nobody at all, somebody of another region, an administrator."""
    factories.cadre(Role.HANDLER, region=factories.RegionFactory.create(code="980100000000", name="外市"), name="赵远")
    factories.cadre(Role.SYSADMIN, department=head.department, name="管理员")
    assert name(signed_in(head), who).status_code == 422
    assert not Deputyship.objects.exists()


def test_of_two_namesakes_the_username_decides(head, colleague, unit):
    other = factories.cadre(Role.HANDLER, department=unit, name="张三")
    client = signed_in(head)
    refused = name(client, "张三")
    assert refused.status_code == 422
    assert f"{other.username}（市人社局）" in text(refused)
    assert name(client, other.username).status_code == 302
    assert Deputyship.objects.get().deputy == other


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 2), (0, 400)])
def test_days_that_can_not_be_are_refused(head, colleague, first, last):
    assert name(signed_in(head), "张三", first, last).status_code == 422


def test_two_deputies_at_a_time_are_refused_by_the_form_and_by_the_database(head, colleague, unit):
    deputyship(head, colleague, days=7)
    factories.cadre(Role.HANDLER, department=unit, name="王五")
    client = signed_in(head)
    refused = name(client, "王五", 7, 9)
    assert refused.status_code == 422
    assert "已由张三代理" in text(refused)
    assert name(client, "王五", 8, 9).status_code == 302
    with pytest.raises(IntegrityError, match="one_deputy_at_a_time"), transaction.atomic():
        deputyship(head, colleague)
    with pytest.raises(IntegrityError, match="deputyship_of_another"), transaction.atomic():
        deputyship(colleague, colleague)
    with pytest.raises(Exception, match="Cannot delete"), transaction.atomic():
        Deputyship.objects.all().delete()


def test_one_ends_it_early_once_and_may_name_another_then(head, colleague, unit):
    row = deputyship(head, colleague)
    client = signed_in(head)
    assert "已提前结束，代理人" in text(client.post(f"/account/deputies/{row.pk}/end/", follow=True))
    assert "此前已经结束" in text(client.post(f"/account/deputies/{row.pk}/end/", follow=True))
    row.refresh_from_db()
    assert row.ended_by == head
    factories.cadre(Role.HANDLER, department=unit, name="王五")
    assert name(client, "王五").status_code == 302
    assert signed_in(colleague).post(f"/account/deputies/{row.pk}/end/").status_code == 404


def test_the_system_administrator_names_and_ends_for_the_ill_and_both_are_told(head, colleague):
    sysadmin = factories.cadre(Role.SYSADMIN, department=head.department, name="管理员")
    page, client = f"/admin/cadres/{head.pk}/deputies/", signed_in(sysadmin)
    session = client.session
    session[second_factor.GIVEN] = True
    session.save()
    assert name(client, "张三", page=page).status_code == 302
    row = Deputyship.objects.get()
    assert row.named_by == sysadmin
    assert client.post(f"/admin/deputies/{row.pk}/end/").status_code == 302
    deliver()
    for cadre in (head, colleague):
        assert Message.objects.filter(recipient=cadre, on_behalf_of=None).count() == 2
    assert [row.cadre for row in AuditRow.objects.filter(action="deputy")] == [sysadmin, sysadmin]


@pytest.mark.parametrize("role", [Role.SECADMIN, Role.AUDITADMIN])
def test_administrators_neither_have_deputies_nor_are_any(role, head):
    administrator = factories.cadre(role, department=head.department)
    row = deputyship(administrator, head)
    assert not Deputyship.objects.in_force(timezone.localdate()).exists()
    assert signed_in(head).post(f"/account/deputies/{row.pk}/act/").status_code == 404


# --- the mode ----------------------------------------------------------------------------------------------------


def test_the_mode_gives_the_rights_and_scope_of_the_principal_and_no_others(head, colleague):
    supervisor = factories.cadre(Role.SUPERVISOR, name="郑海燕")
    own = signed_in(colleague)
    assert own.get("/appeals/escalations/").status_code == 403
    row = deputyship(supervisor, colleague)
    assert "代 郑海燕 办理" in text(own.get("/"))
    own.post(f"/account/deputies/{row.pk}/act/")
    page = text(own.get("/appeals/escalations/"))
    assert "正在代 <b>郑海燕</b>" in page
    assert "张三（代郑海燕）" in page
    own.post("/account/deputies/act-for-nobody/")
    assert own.get("/appeals/escalations/").status_code == 403
    assert "正在代" not in text(own.get("/"))
    said = list(AuditRow.objects.filter(action="deputy").order_by("pk").values_list("subject", flat=True))
    assert said == ["开始代办：张三代郑海燕", "结束代办：张三代郑海燕"]


def test_pages_of_ones_own_stay_ones_own(head, colleague):
    client = acting(head, colleague)
    account = text(client.get("/account/"))
    assert f"<dd>{colleague.username}</dd>" in account or colleague.username in account
    assert head.username not in account
    assert "正在代 <b>李四</b>" in account
    watermark = client.get("/watermark.css").content.decode()
    assert "%E5%BC%A0%E4%B8%89" in watermark  # 张三
    assert "%E6%9D%8E%E5%9B%9B" not in watermark  # 李四
    assert client.get("/admin/").status_code == 403
    body = text(client.get("/"))
    assert f'data-user="{colleague.pk}-{head.pk}"' in body


OWN = ("account/", "inbox/", "session/", "login/code/", "logout/", "watermark.css")


def routes(patterns, before=""):
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        else:
            yield route, one.callback


def test_every_page_of_ones_own_is_marked_so():
    """A page that is not, would show and change the principal's account."""
    found = [(route, view) for route, view in routes(get_resolver().url_patterns) if route.startswith(OWN)]
    assert len(found) > 15
    assert [route for route, view in found if not getattr(view, "is_own", False)] == []


def test_signing_out_is_the_deputys_and_ends_the_mode(head, colleague):
    client = acting(head, colleague)
    client.post("/logout/")
    signed_out = AuditRow.objects.get(action="sign_out")
    assert (signed_out.cadre, signed_out.on_behalf_of) == (colleague, None)
    client.force_login(colleague)
    assert "正在代" not in text(client.get("/"))


def end_by_date(row, head, colleague):
    today = timezone.localdate()
    Deputyship.objects.filter(pk=row.pk).update(starts_on=today - timedelta(3), ends_on=today - timedelta(1))


def end_by_hand(row, head, colleague):
    Deputyship.objects.filter(pk=row.pk).update(ended_at=timezone.now(), ended_by=head)


def deactivate_principal(row, head, colleague):
    head.is_active = False
    head.save()


def take_roles_of_principal(row, head, colleague):
    head.groups.clear()


def take_roles_of_deputy(row, head, colleague):
    colleague.groups.clear()


ENDINGS = [end_by_date, end_by_hand, deactivate_principal, take_roles_of_principal, take_roles_of_deputy]


@pytest.mark.parametrize("end", ENDINGS)
def test_the_mode_ends_by_itself(end, head, colleague):
    client = acting(head, colleague)
    end(Deputyship.objects.get(), head, colleague)
    page = text(client.get("/"))
    assert "代李四办理已经结束" in page
    assert "正在代" not in page
    assert client.post(f"/account/deputies/{Deputyship.objects.get().pk}/act/").status_code == 404


def test_a_deactivated_deputy_is_out(head, colleague):
    client = acting(head, colleague)
    colleague.is_active = False
    colleague.save()
    assert client.get("/").url.startswith("/login/")


def test_what_is_sent_when_the_mode_is_over_is_refused_and_not_taken_for_ones_own(head, colleague):
    client = acting(head, colleague)
    end_by_hand(Deputyship.objects.get(), head, colleague)
    refused = client.post("/inbox/read/")  # one's own page: goes through
    assert refused.status_code == 302
    client = acting(head, colleague)
    end_by_hand(Deputyship.objects.filter(ended_at=None).get(), head, colleague)
    refused = client.post("/appeals/new/", {"title": "外地员工无法返岗"})
    assert refused.status_code == 403
    assert "办理身份已经切换，现在是“张三”，所以没有提交" in text(refused)


def token(client: Client, page: str = "/account/") -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(page).content.decode())
    assert found
    return found[1]


def test_forms_that_lie_open_in_another_tab_lose_their_validity_when_the_mode_begins_or_ends(head, colleague):
    row = deputyship(head, colleague)
    client = signed_in(colleague, enforce_csrf_checks=True)
    before = token(client)
    assert client.post(f"/account/deputies/{row.pk}/act/", headers={"X-CSRFToken": before}).status_code == 302
    stale = client.post("/inbox/read/", headers={"X-CSRFToken": before})
    assert stale.status_code == 403
    assert "现在是“张三（代李四）”，所以没有提交" in text(stale)
    within = token(client)
    assert client.post("/inbox/read/", headers={"X-CSRFToken": within}).status_code == 302
    client.post("/account/deputies/act-for-nobody/", headers={"X-CSRFToken": within})
    assert client.post("/appeals/new/", headers={"X-CSRFToken": within}).status_code == 403
    assert client.post("/inbox/read/", headers={"X-CSRFToken": token(client)}).status_code == 302


def test_a_deputys_deputy_does_not_inherit(head, colleague, unit):
    third = factories.cadre(Role.HANDLER, department=unit, name="王五")
    first = deputyship(head, colleague)
    deputyship(colleague, third)
    client = acting(colleague, third)
    assert client.post(f"/account/deputies/{first.pk}/act/").status_code == 404
    assert "代 李四 办理" not in text(client.get("/"))


def test_both_may_be_signed_in_at_once(head, colleague):
    client, own = acting(head, colleague), signed_in(head)
    assert "张三（代李四）" in text(client.get("/"))
    assert "张三" not in text(own.get("/"))


def test_the_mode_costs_one_query_more(head, colleague, django_assert_num_queries):
    client = signed_in(colleague)
    client.get("/session/")
    with django_assert_num_queries(2):  # the session, the cadre
        client.get("/session/")
    client = acting(head, colleague)
    client.get("/session/")
    with django_assert_num_queries(3):
        client.get("/session/")
