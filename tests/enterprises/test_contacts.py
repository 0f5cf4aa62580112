"""Contacts of an enterprise: masked for everybody, shown in full to those who may, each look in the audit log."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cadres.models import AuditRow
from cadres.roles import Role
from enterprises import contacts
from enterprises.models import Contact
from tests import factories

pytestmark = pytest.mark.django_db

NAME, PHONE = "欧阳建国", "13812341234"


@pytest.fixture
def enterprise():
    made = factories.EnterpriseFactory.create(name="甲<b>'=𠮷厂", legal_representative="张建国")
    factories.contact(made, NAME, PHONE, position="厂长")
    return made


@pytest.fixture
def office(enterprise):
    return factories.cadre(Role.OFFICE, region=enterprise.region)


def body(response):
    return response.content.decode()


def looks():
    return AuditRow.objects.filter(action=AuditRow.Action.UNMASK)


def test_the_page_shows_masks_and_a_press_shows_the_whole_and_is_recorded(signed_in, office, enterprise):
    browser, contact = signed_in(office), enterprise.main_contact
    page = body(browser.get(enterprise.get_absolute_url()))
    assert "欧*" in page
    assert "138****1234" in page
    assert NAME not in page
    assert PHONE not in page
    shown = body(browser.post(f"/contacts/{contact.pk}/reveal/", headers={"HX-Request": "true"}))
    assert NAME in shown
    assert PHONE in shown
    assert "<html" not in shown
    row = looks().get()
    assert (row.cadre, row.subject) == (office, enterprise.name)
    assert row.detail["查看"] == "联系人 欧* 138****1234"
    assert NAME not in str(row.detail)
    assert PHONE not in str(row.detail)


def test_without_scripts_a_page_answers_and_the_legal_representative_is_a_look_of_its_own(
    signed_in, office, enterprise
):
    page = body(signed_in(office).post(f"/enterprises/{enterprise.pk}/reveal/"))
    assert "<html" in page
    assert "张建国" in page
    assert PHONE not in page
    assert looks().get().detail["查看"] == "法定代表人 张*"


def test_every_press_is_a_row_and_a_look_by_get_is_none(signed_in, office, enterprise):
    browser, path = signed_in(office), f"/contacts/{enterprise.main_contact.pk}/reveal/"
    assert browser.get(path).status_code == 405
    browser.post(path)
    browser.post(path)
    assert looks().count() == 2


@pytest.mark.parametrize(("role", "status"), [(Role.LEADER, 403), (Role.SUPERVISOR, 200), (Role.SYSADMIN, 404)])
def test_who_may_not_see_it_learns_nothing_and_leaves_no_row(signed_in, enterprise, role, status):
    browser = signed_in(factories.cadre(role, region=enterprise.region))
    for path in (f"/contacts/{enterprise.main_contact.pk}/reveal/", f"/enterprises/{enterprise.pk}/reveal/"):
        answer = browser.post(path)
        assert answer.status_code == status
        assert (PHONE in body(answer)) == (status == 200 and "contacts" in path)
    assert looks().exists() == (status == 200)


def test_another_districts_contact_is_not_found(signed_in, enterprise):
    stranger = signed_in(factories.cadre(Role.OFFICE, region=factories.district(3)))
    for act in ("reveal", "edit", "end"):
        assert stranger.post(f"/contacts/{enterprise.main_contact.pk}/{act}/").status_code == 404
    assert not looks().exists()


def test_the_audit_page_tells_of_the_look(signed_in, office, enterprise):
    signed_in(office).post(f"/contacts/{enterprise.main_contact.pk}/reveal/")
    page = body(signed_in(factories.cadre(Role.AUDITADMIN)).get("/audit/?action=unmask"))
    assert "查看完整信息" in page
    assert office.name in page
    assert PHONE not in page


def test_a_specialist_adds_a_contact_who_becomes_the_main_one(signed_in, enterprise):
    specialist = factories.cadre(Role.SPECIALIST)
    factories.assign(specialist, enterprise)
    values = {"name": " <李>'=𠮷 ", "position": "总经理", "phone": "0990-6221234", "is_main": "on", "note": ""}
    assert signed_in(specialist).post(f"/enterprises/{enterprise.pk}/contacts/new/", values).status_code == 302
    assert enterprise.main_contact.name == "<李>'=𠮷"
    assert enterprise.contacts.current().count() == 2


def edited(browser, contact, **typed):
    path = f"/contacts/{contact.pk}/edit/"
    form = browser.get(path).context["form"]
    values = {bound.name: bound.value() or "" for bound in form}
    values["is_main"] = "on" if contact.is_main else ""
    return browser.post(path, {name: value for name, value in (values | typed).items() if value != ""})


@pytest.mark.parametrize("typed", [{}, {"name": "欧*", "phone": "138****1234"}])
def test_masks_posted_back_change_nothing(signed_in, office, enterprise, typed):
    assert edited(signed_in(office), enterprise.main_contact, note="上午可打", **typed).status_code == 302
    kept = enterprise.main_contact
    assert (kept.name, kept.phone, kept.note, kept.version) == (NAME, PHONE, "上午可打", 2)


def test_another_mask_is_refused(signed_in, office, enterprise):
    answer = edited(signed_in(office), enterprise.main_contact, phone="139****0000")
    assert answer.status_code == 422
    assert "不能带星号" in body(answer)
    assert enterprise.main_contact.phone == PHONE


def test_the_second_of_two_editors_is_told(signed_in, office, enterprise):
    browser, contact = signed_in(office), enterprise.main_contact
    form = browser.get(f"/contacts/{contact.pk}/edit/").context["form"]
    seen = form["seen"].value()
    assert edited(browser, contact, position="副厂长").status_code == 302
    answer = browser.post(f"/contacts/{contact.pk}/edit/", {"seen": seen, "position": "书记", "is_main": "on"})
    assert answer.status_code == 422
    assert "“职务”已由他人改为“副厂长”，你填的是“书记”" in body(answer)


def test_a_contact_needs_a_name_or_a_number(signed_in, office, enterprise):
    answer = signed_in(office).post(f"/enterprises/{enterprise.pk}/contacts/new/", {"position": "门卫"})
    assert answer.status_code == 422
    assert "请填写联系人姓名或联系电话" in body(answer)


def test_an_ended_contact_stays_in_the_history_and_ends_once(signed_in, office, enterprise):
    browser, contact = signed_in(office), enterprise.main_contact
    browser.post(f"/contacts/{contact.pk}/end/")
    contact.refresh_from_db()
    assert contact.ended_on == timezone.localdate()
    assert enterprise.main_contact is None
    again = browser.post(f"/contacts/{contact.pk}/end/", follow=True)
    assert "已由他人停用" in body(again)
    assert "已停用" in body(again)


def test_the_database_knows_one_main_contact(enterprise):
    with pytest.raises(IntegrityError, match="contact_one_main"), transaction.atomic():
        Contact.objects.create(enterprise=enterprise, name="乙", is_main=True)


def test_an_import_promotes_whom_it_knows(enterprise):
    other = factories.contact(enterprise, "李红", "13900000000", is_main=False)
    contacts.name_main({enterprise.pk: contacts.Person("李红", "13911111111")}, date(2026, 11, 18))
    other.refresh_from_db()
    assert (other.is_main, other.phone, other.version) == (True, "13911111111", 2)
    assert enterprise.contacts.get(name=NAME).ended_on == date(2026, 11, 18)


@pytest.mark.django_db(transaction=True)
def test_two_who_name_a_main_contact_at_once_leave_one(at_once, enterprise):
    def add(name):
        return lambda: contacts.keep(Contact(enterprise=enterprise, name=name, is_main=True))

    assert at_once(add("甲"), add("乙")) == [None, None]
    assert enterprise.contacts.main().count() == 1
    assert enterprise.contacts.current().count() == 3
