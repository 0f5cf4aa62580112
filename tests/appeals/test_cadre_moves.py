"""A cadre who is moved to another department: the old one's cases are gone from view at once, their own stay."""

from __future__ import annotations

import pytest
from django.urls import reverse

from appeals.models import Appeal, Attachment
from appeals.workflow import Status
from cadres import uploads
from cadres.models import Cadre
from cadres.roles import Role
from enterprises.models import Assignment, Enterprise
from policies import registering
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import NOW, People
from tests.cadres.test_administration import typed
from tests.policies.people import item, policy
from tests.uploads import jpeg, uploaded

pytestmark = pytest.mark.django_db


def test_what_is_open_in_a_browser_is_gone_with_the_department_and_own_enterprises_stay() -> None:
    people = People()
    both = factories.cadre(Role.HANDLER, Role.SPECIALIST, department=people.department, name="吴刚")
    mine = factories.EnterpriseFactory.create()
    factories.assign(both, mine)
    old, own = people.at(Status.HANDLING), factories.appeal(mine, both, now=NOW)
    checked = uploads.check(uploaded(jpeg()), uploads.DOCUMENTS)
    paper = uploads.store(Attachment, checked, by=people.handler, now=NOW, appeal=old)
    led = item(policy(), people.department)
    row = registering.one(people.enterprise, led, "2026", by=people.office, now=NOW)
    browser = signed_in(both)
    theirs = [old.get_absolute_url(), f"/appeals/files/{paper.pk}/", f"/fulfilments/{row.pk}/"]
    pages = [*theirs, people.enterprise.get_absolute_url()]
    assert [browser.get(page).status_code for page in pages] == [200] * len(pages)
    assert old.title in browser.get(reverse("appeals:list")).content.decode()

    sysadmin = signed_in(factories.cadre(Role.SYSADMIN, region=factories.city()))
    url, new = reverse("cadres:cadre", args=(both.pk,)), factories.DepartmentFactory.create(name="市商务局")
    assert sysadmin.post(url, typed(sysadmin, url, department=new.pk)).status_code == 302

    assert [browser.get(page).status_code for page in pages] == [404] * len(pages)
    listed = browser.get(reverse("appeals:list")).content.decode()
    assert own.number in listed
    assert old.number not in listed
    sent = browser.post(f"/appeals/{old.pk}/steps/progress/", {"note": "已联系客运公司", "version": old.version})
    assert (sent.status_code, old.events.filter(step="progress").exists()) == (404, False)
    for page in (own.get_absolute_url(), mine.get_absolute_url()):
        assert browser.get(page).status_code == 200
    moved = Cadre.objects.get(pk=both.pk)
    assert set(Enterprise.objects.visible_to(moved)) == {mine}
    assert set(Appeal.objects.visible_to(moved)) == {own}
    assert Assignment.objects.get(cadre=both).ends_on is None
