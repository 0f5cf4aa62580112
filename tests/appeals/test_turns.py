"""Whose turn it is: what waits for a cadre, and what a cadre may see."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from appeals import menu
from appeals.models import Appeal
from appeals.workflow import SUPERVISED_AFTER_BOUNCES, Status
from cadres.models import Cadre
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import signed_in
from tests.appeals.people import WAY, People

EVERYBODY = ("specialist", "team_leader", "office", "supervisor", "leader", "handler", "head", "stranger", "caller")


def waiting(people: People, who: str) -> set[Appeal]:
    return set(Appeal.objects.awaiting(getattr(people, who)))


def seen(cadre: Cadre) -> set[Appeal]:
    return set(Appeal.objects.visible_to(cadre))


def test_each_status_on_the_way_waits_for_one_role_alone(people: People) -> None:
    appeal = people.submitted()
    for step, turn in WAY:
        for who in EVERYBODY:
            expected = {appeal} if who == turn else set()
            assert waiting(people, who) == expected, f"{who} before {step}"
        people.take(appeal, step, turn)
    assert not any(waiting(people, who) for who in EVERYBODY)


def test_an_unsigned_appeal_waits_for_every_handler_and_a_signed_one_for_its_own(people: People) -> None:
    appeal = people.assigned()
    assert waiting(people, "handler") == waiting(people, "colleague") == {appeal}
    people.take(appeal, "sign", "handler")
    assert waiting(people, "handler") == {appeal}
    assert waiting(people, "colleague") == set()


def test_what_a_head_signed_waits_for_all_handlers(people: People) -> None:
    appeal = people.assigned()
    people.take(appeal, "sign", "head")
    assert appeal.handler is None
    assert waiting(people, "handler") == waiting(people, "colleague") == {appeal}


@pytest.mark.parametrize("departed", ["left the service", "moved"])
def test_what_a_departed_handler_signed_waits_for_the_others(people: People, departed: str) -> None:
    appeal = people.at(Status.HANDLING)
    elsewhere = {"is_active": False} if departed == "left the service" else {"department": people.office.department}
    Cadre.objects.filter(pk=people.handler.pk).update(**elsewhere)
    assert waiting(people, "colleague") == {appeal}


def test_a_head_who_replied_is_not_asked_to_approve(people: People) -> None:
    both = factories.cadre(Role.HANDLER, Role.HEAD, department=people.department)
    people.both = both
    appeal = people.at(Status.HANDLING)
    people.take(appeal, "reply", "both")
    assert waiting(people, "both") == set()
    assert waiting(people, "head") == {appeal}


def test_a_draft_waits_for_its_registrar(people: People) -> None:
    draft = people.draft()
    assert waiting(people, "specialist") == {draft}
    assert waiting(people, "office") == set()


def test_after_the_second_bounce_the_supervisor_assigns(people: People) -> None:
    appeal = people.assigned()
    for _ in range(SUPERVISED_AFTER_BOUNCES - 1):
        people.take(appeal, "bounce", "handler", note="不属本局")
        people.take(appeal, "assign", "office")
    people.take(appeal, "bounce", "handler", note="不属本局")
    assert waiting(people, "supervisor") == {appeal}
    assert waiting(people, "office") == set()


def test_where_an_office_leads_the_supervisor_closes(people: People) -> None:
    appeal = people.at(Status.CLOSING)
    factories.cadre(Role.OFFICE, department=people.department)
    assert waiting(people, "supervisor") == {appeal}
    assert waiting(people, "office") == set()


def test_the_supervisor_watches_level_two_and_higher(people: People) -> None:
    raised, ordinary = people.at(Status.HANDLING), people.at(Status.HANDLING)
    Appeal.objects.filter(pk=raised.pk).update(level=2)
    Appeal.objects.filter(pk=ordinary.pk).update(level=1)
    assert waiting(people, "supervisor") == {raised}


def test_a_specialist_of_the_lead_department_has_nothing_to_confirm(people: People) -> None:
    people.specialist.department = people.department
    people.specialist.save()
    people.at(Status.CONFIRMING)
    assert waiting(people, "specialist") == set()


def test_the_menu_counts_what_waits(people: People) -> None:
    people.submitted(), people.submitted(), people.assigned()
    assert menu.waiting(people.office, timezone.now()).count() == 2
    assert menu.waiting(people.handler, timezone.now()).count() == 1
    assert menu.waiting(people.caller, timezone.now()).count() == 0


def test_the_menu_counts_escalated_appeals_of_the_region(people: People) -> None:
    raised = people.at(Status.HANDLING)
    Appeal.objects.filter(pk=raised.pk).update(level=1)
    assert menu.escalated(people.supervisor, timezone.now()).count() == 1
    assert menu.escalated(people.stranger, timezone.now()).count() == 0


def test_menu_counts_are_one_query(people: People, django_assert_num_queries) -> None:
    for name in ("office", "handler", "specialist", "supervisor"):
        cadre = Cadre.objects.select_related("department__region").get(pk=getattr(people, name).pk)
        assert cadre.roles
        with django_assert_num_queries(1):
            assert menu.waiting(cadre, timezone.now()).count() == 0


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("specialist", True),
        ("team_leader", True),
        ("office", True),
        ("supervisor", True),
        ("leader", True),
        ("handler", True),
        ("head", True),
        ("stranger", False),
        ("caller", False),
    ],
)
def test_scope_is_by_region_by_team_and_by_department(people: People, who: str, sees: bool) -> None:
    appeal = people.assigned()
    assert seen(getattr(people, who)) == ({appeal} if sees else set())


def test_a_department_sees_what_it_takes_part_in_and_no_longer_what_it_bounced(people: People) -> None:
    other = factories.DepartmentFactory.create(name="市交通局")
    helper = factories.cadre(Role.HANDLER, department=other)
    appeal = people.assigned(co_departments=[other])
    assert seen(helper) == {appeal}
    people.take(appeal, "bounce", "handler", note="不属本局")
    assert seen(people.handler) == set()


def test_a_draft_and_what_became_of_it_are_its_registrars_alone(people: People) -> None:
    draft, discarded = people.draft(), people.draft()
    people.take(discarded, "withdraw", "specialist")
    assert seen(people.specialist) == {draft, discarded}
    for who in ("office", "supervisor", "team_leader"):
        assert seen(getattr(people, who)) == set()


def test_a_cadre_with_several_roles_sees_what_each_of_them_sees(people: People) -> None:
    elsewhere = factories.appeal(factories.EnterpriseFactory.create(region=factories.district(9)))
    here = people.assigned()
    both = factories.cadre(Role.OFFICE, Role.HANDLER, region=factories.district(9))
    both.department = people.department
    both.save()
    assert seen(both) == {here, elsewhere}  # an office of the city by its department's region
    outside = factories.cadre(Role.SUPERVISOR, Role.SPECIALIST, region=factories.district(9))
    factories.assign(outside, people.enterprise, role="member")
    assert seen(outside) == {here, elsewhere}


def test_the_most_urgent_come_first(people: People) -> None:
    closed = people.at(Status.CLOSED)
    stands_still = people.at(Status.CONFIRMING)
    ordinary = people.at(Status.HANDLING)
    critical = people.at(Status.HANDLING, urgency="critical")
    fresh = people.submitted()
    assert list(Appeal.objects.most_urgent_first()) == [fresh, critical, ordinary, stands_still, closed]


def test_a_page_that_is_opened_again_counts_what_is_late_by_now(people: People) -> None:
    client, appeal = signed_in(people.supervisor), people.at(Status.HANDLING)
    assert count_of(client, "升级督办") == 0
    Appeal.objects.filter(pk=appeal.pk).update(due_at=timezone.now())
    assert count_of(client, "升级督办") == 1


def test_who_moves_to_another_department_finds_its_counts_with_the_next_page(people: People) -> None:
    people.assigned()
    client = signed_in(people.handler)
    assert count_of(client, "诉求清单") == 1
    Cadre.objects.filter(pk=people.handler.pk).update(department=people.stranger.department)
    assert count_of(client, "诉求清单") == 0


def count_of(client: Client, label: str) -> int | None:
    shell = client.get("/account/password/").context["shell"]
    return next(item.count for section in shell.sections for item in section.items if item.entry.label == label)
