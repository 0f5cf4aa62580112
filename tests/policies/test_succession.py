"""A department that ends passes its items and key projects to its successor, on the day, once; history says so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from cadres import changes
from cadres.models import Department, Outbox
from cadres.roles import Role
from enterprises import succession as projects
from enterprises.models import Access, Enterprise
from policies import succession
from policies.models import Item, Policy
from policies.tasks import close_windows
from policies.workflow import Status
from tests import factories
from tests.policies import people
from tests.policies.people import People

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> People:
    return People()


@pytest.fixture
def new() -> Department:
    unit: Department = factories.DepartmentFactory.create(name="市产业局", region=factories.city())
    factories.cadre(Role.HEAD, department=unit)
    return unit


def end(old: Department, new: Department, *, in_days: int = 0) -> None:
    day = timezone.localdate() + timedelta(days=in_days)
    Department.objects.filter(pk=old.pk).update(valid_until=day, successor=new)


def test_items_and_their_open_rows_pass_on_the_day_once(cast: People, new: Department, client: Client) -> None:
    row = cast.at(Status.DECLARED)
    end(cast.department, new)
    assert [succession.pass_on(timezone.now()) for _ in range(2)] == [2, 0]
    assert set(Item.objects.values_list("department", flat=True)) == {new.pk}
    assert {one.department for one in Access.objects.filter(reason=f"item:{cast.item.pk}")} == {new}
    assert Outbox.objects.filter(key=f"succeed-items:{cast.department.pk}:{new.pk}").count() == 1
    client.force_login(factories.cadre(Role.HANDLER, department=new))
    assert client.get(row.get_absolute_url()).status_code == 200
    client.force_login(cast.handler)
    assert client.get(row.get_absolute_url()).status_code == 404


def test_nothing_passes_before_the_day(cast: People, new: Department) -> None:
    end(cast.department, new, in_days=1)
    assert succession.pass_on(timezone.now()) == projects.pass_on(timezone.now()) == 0
    assert succession.pass_on(timezone.now() + timedelta(days=1)) == 2


def test_items_of_a_policy_that_is_over_keep_the_old_name_unless_rows_are_open(cast: People, new: Department) -> None:
    row = cast.at(Status.ENTITLED)
    Policy.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
    end(cast.department, new)
    assert succession.pass_on(timezone.now()) == 1
    assert Item.objects.get(pk=row.item_id).department == new
    assert Item.objects.get(pk=cast.right.pk).department == cast.department


def test_the_history_of_an_item_tells_of_the_reform(cast: People, new: Department) -> None:
    end(cast.department, new)
    succession.pass_on(timezone.now())
    last = changes.of_row(cast.item)[0]
    assert (last.who, [(one.label, one.before, one.after) for one in last.lines]) == (
        "机构改革",
        [("责任部门", "市人社局", "市产业局")],
    )


def test_key_projects_pass_to_the_successor_as_a_new_version(cast: People, new: Department) -> None:
    mine = factories.EnterpriseFactory.create(kind="project", responsible=cast.department)
    other = factories.EnterpriseFactory.create(kind="project", responsible=factories.DepartmentFactory.create())
    end(cast.department, new)
    assert [projects.pass_on(timezone.now()) for _ in range(2)] == [1, 0]
    stored = Enterprise.objects.get(pk=mine.pk)
    assert (stored.responsible, stored.version) == (new, mine.version + 1)
    assert Enterprise.objects.get(pk=other.pk).responsible == other.responsible
    assert changes.of_row(stored)[0].who == "机构改革"


def test_the_sweep_passes_both(cast: People, new: Department) -> None:
    mine = factories.EnterpriseFactory.create(kind="project", responsible=cast.department)
    end(cast.department, new)
    close_windows()
    assert Enterprise.objects.get(pk=mine.pk).responsible == new
    assert Item.objects.get(pk=cast.item.pk).department == new


# --- the history of policies and items ---


def sent(form: object, **typed: str) -> dict[str, object]:
    """What a browser would send of this form."""
    values = {one.name: one.field.prepare_value(one.value()) for one in form}
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value not in (None, False)} | typed


def test_an_edit_of_a_policy_stands_in_its_history_on_both_pages(cast: People, client: Client) -> None:
    client.force_login(cast.office)
    edit = f"/policies/{cast.policy.pk}/edit/"
    form = client.get(edit).context["form"]
    assert client.post(edit, sent(form, issuer="市人社局", text="甲" * 400)).status_code == 302
    for path in (edit, cast.policy.get_absolute_url()):
        page = client.get(path).content.decode()
        assert "修改历史" in page
        assert "钱志远" in page
        assert "市人社局" in page
        assert f"{'甲' * 300}…（共 400 字）" in page


def test_the_form_of_a_policy_shows_the_region_that_it_has(cast: People, client: Client) -> None:
    client.force_login(cast.office)
    district = factories.district(4, "东区")
    mine = people.policy(title="区里的", region=district)
    page = client.get(f"/policies/{mine.pk}/edit/").content.decode()
    assert f'<option value="{district.code}" selected>' in page


def test_an_edit_of_an_item_stands_on_its_policys_page_with_its_name(cast: People, client: Client) -> None:
    client.force_login(cast.office)
    edit = f"/policies/items/{cast.item.pk}/edit/"
    form = client.get(edit).context["form"]
    assert client.post(edit, sent(form, promised_days="15")).status_code == 302
    page = client.get(cast.policy.get_absolute_url()).content.decode()
    assert "修改 失业保险稳岗返还" in page
    assert "承诺办理" in client.get(edit).content.decode()


def test_who_may_not_edit_is_shown_no_history(cast: People, client: Client) -> None:
    client.force_login(cast.handler)
    assert "修改历史" not in client.get(cast.policy.get_absolute_url()).content.decode()


def test_the_history_is_written_whatever_way_a_row_is_changed(cast: People) -> None:
    Item.objects.filter(pk=cast.item.pk).update(standard="按月发放")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE policies_policy SET issuer = %s", ["市政府"])
    assert changes.of_row(cast.item)[0].lines[0].after == "按月发放"
    assert changes.of_row(cast.policy)[0].lines[0].after == "市政府"


def test_the_page_asks_as_few_questions_after_twenty_edits_as_after_two(
    cast: People, client: Client, django_assert_num_queries
) -> None:
    from django.test.utils import CaptureQueriesContext

    client.force_login(cast.office)
    for number in range(2):
        Item.objects.filter(pk=cast.item.pk).update(promised_days=number)
    client.get(cast.policy.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        client.get(cast.policy.get_absolute_url())
    for number in range(3, 21):
        Item.objects.filter(pk=cast.item.pk).update(promised_days=number)
        people.item(cast.policy, cast.department, name=f"第{number}项")
    with django_assert_num_queries(len(few)):
        client.get(cast.policy.get_absolute_url())
