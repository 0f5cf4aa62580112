"""A large city, grown small: whatever the product would have written holds in it, and the same seed gives the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pghistory
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Max, Sum
from django.utils import timezone

from appeals import escalation
from appeals.models import Appeal, Event, Order
from appeals.workflow import OPEN, Status
from cadres import delivery
from cadres.models import Cadre
from cadres.roles import Role
from cadres.search import initials
from enterprises.models import Access, Assignment, Enterprise, OperatingStatus
from policies.models import Event as PolicyEvent
from policies.models import Fulfilment
from reports.demo import city
from reports.demo.bulk import build
from reports.demo.bulk.size import CITY, METRO, Size
from reports.models import BaseEntry
from visits.models import Visit
from workflow.models import Counter

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.xdist_group("bulk")]

SIZE = Size(
    districts=6,
    towns=4,
    enterprises=700,
    cadres=800,
    appeals=900,
    visits=2000,
    fulfilments=1200,
    statuses=22_000,
)
SEED, PASSWORD = 7, settings.DEMO_PASSWORD
NOW = timezone.now()

WAYS_OF_TELLING = re.compile(r"::(text|character varying)(\[\])?|[()]")

DIGESTED = {
    "enterprises": "SELECT name, initials, credit_code, region_path, headcount, last_contact_on, state, tags"
    " FROM enterprises_enterprise",
    "statuses": "SELECT credit_code, day, s.state, on_duty, utilisation, kwh, reported_at"
    " FROM enterprises_operatingstatus s JOIN enterprises_enterprise e ON e.id = s.enterprise_id",
    "cadres": "SELECT username, c.name, d.name FROM cadres_cadre c"
    " LEFT JOIN cadres_department d ON d.id = department_id",
    "appeals": "SELECT number, a.title, status, level, due_at, escalates_at, d.name, h.username, region_path"
    " FROM appeals_appeal a LEFT JOIN cadres_department d ON d.id = lead_id"
    " LEFT JOIN cadres_cadre h ON h.id = handler_id",
    "events": "SELECT number, step, before, after, at, actor_label, changes, note"
    " FROM appeals_event e JOIN appeals_appeal a ON a.id = appeal_id",
    "visits": "SELECT number, visited_on, client_id, summary, logged_at FROM visits_visit",
    "payments": "SELECT voucher, amount, p.paid_on, f.status FROM policies_payment p"
    " JOIN policies_fulfilment f ON f.id = fulfilment_id",
    "counters": "SELECT series, value FROM workflow_counter",
}


def digests() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for name, statement in DIGESTED.items():
            cursor.execute(statement)
            rows = sorted(map(repr, cursor.fetchall()))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def described() -> list[tuple[str, ...]]:
    """Every index and constraint of the database, and whether it holds; casts are told in more than one way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid::text FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace UNION ALL"
            " SELECT conname, pg_get_constraintdef(oid), convalidated::text FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
        )
        return [(name, WAYS_OF_TELLING.sub("", text), holds) for name, text, holds in cursor.fetchall()]


@pytest.fixture(scope="module")
def grown(django_db_setup: None, django_db_blocker) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """The city, grown twice over the same small one; what the first and the second time gave."""
    with django_db_blocker.unblock(), transaction.atomic():
        schema = described()
        city.populate(NOW, seed=SEED, password=PASSWORD)
        delivery.deliver_waiting(NOW)
        before = transaction.savepoint()
        with pghistory.context(command="load_demo"):  # as a command has it
            build.grow(NOW, SIZE, seed=SEED, password=PASSWORD)
        first = digests()
        transaction.savepoint_rollback(before)
        build.grow(NOW, SIZE, seed=SEED, password=PASSWORD)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would be checked at the commit
        assert described() == schema
        yield first, digests()
        transaction.set_rollback(True)


def test_it_is_as_large_as_it_is_to_be(grown) -> None:
    counts = build.count()
    assert counts["企业"] == SIZE.enterprises
    assert counts["诉求"] == SIZE.appeals
    assert counts["干部"] == SIZE.cadres
    assert counts["走访"] == pytest.approx(SIZE.visits, rel=0.1)
    assert counts["政策兑现"] == pytest.approx(SIZE.fulfilments, rel=0.1)
    assert counts["每日生产经营状况"] == pytest.approx(SIZE.statuses, rel=0.1)


def test_the_same_seed_gives_the_same(grown) -> None:
    first, second = grown
    assert first == second


def test_every_history_leads_to_where_its_subject_stands(grown) -> None:
    for model, event, key in ((Appeal, Event, "appeal"), (Fulfilment, PolicyEvent, "fulfilment")):
        stands = dict(model.objects.values_list("pk", "status"))
        told: dict[int, str] = {}
        for pk, before, after in event.objects.order_by("pk").values_list(key, "before", "after"):
            assert told.get(pk, before) == before
            told[pk] = after
        begins = {Status.DRAFT.value, "unverified"}
        assert {pk: told.get(pk, status) for pk, status in stands.items()} == stands
        assert {status for pk, status in stands.items() if pk not in told} <= begins


def test_numbers_are_behind_their_counters(grown) -> None:
    counters = dict(Counter.objects.values_list("series", "value"))
    for model in (Appeal, Visit, Order):
        for number in model.objects.exclude(number=None).values_list("number", flat=True):
            series, running = number[:16], int(number[16:])
            assert 0 < running <= counters[series], number


def test_cases_lie_with_whom_they_would(grown) -> None:
    handled = Appeal.objects.filter(status=Status.HANDLING, handler__isnull=False)
    assert handled.exclude(handler__department=F("lead")).count() == 0
    city_or_own = Appeal.objects.exclude(lead=None).exclude(lead__region__kind="city")
    for path, lead in city_or_own.values_list("region_path", "lead__region__path"):
        assert path.startswith(lead)
    assert Appeal.objects.exclude(enterprise__region=F("region")).count() <= 1  # one moved
    for order in Order.objects.select_related("appeal"):
        words = [event.changes["order"][1] for event in Event.objects.filter(appeal=order.appeal, step="order")]
        assert any(word.endswith(order.number) for word in words)
    leads = Appeal.objects.filter(status__in=OPEN, lead__isnull=False).values_list("pk", "enterprise", "lead")
    reasons = set(Access.objects.values_list("reason", "enterprise", "department"))
    assert {(f"appeal:{pk}", enterprise, lead) for pk, enterprise, lead in leads} <= reasons


def test_what_waits_is_looked_at_later(grown) -> None:
    waiting = Appeal.objects.filter(status__in=OPEN)
    assert waiting.filter(escalates_at__lte=NOW).count() == 0
    assert SIZE.appeals * 0.1 < waiting.count() < SIZE.appeals * 0.3
    assert set(waiting.values_list("level", flat=True)) >= {0, 1, 2}


def test_visits_and_payments_add_up(grown) -> None:
    raised = Visit.appeals.through.objects
    assert raised.exclude(visit__enterprise=F("appeal__enterprise")).count() == 0
    visited = dict(Visit.objects.values_list("enterprise").annotate(Max("visited_on")))
    assert dict(Enterprise.objects.filter(pk__in=visited).values_list("pk", "last_contact_on")) == visited
    paid = Fulfilment.objects.annotate(sum=Sum("payments__amount")).filter(amount_paid__gt=0)
    assert paid.exclude(amount_paid=F("sum")).count() == 0
    assert paid.exists()


def test_everybody_who_signs_in_has_their_work(grown) -> None:
    for username in ("specialist", "leader-team", "handler", "handler2", "head", "office", "office-north", "leader"):
        cadre = Cadre.objects.get(username=username)
        assert cadre.check_password(PASSWORD)
        assert Enterprise.objects.visible_to(cadre).exists(), username
        assert Appeal.objects.visible_to(cadre).exists(), username
    specialists = Assignment.objects.specialists().values("cadre").annotate(enterprises=Count("pk"))
    assert max(one["enterprises"] for one in specialists) <= 60
    made = Cadre.objects.filter(username__startswith="cadre0").with_role(Role.HANDLER)
    assert all(cadre.check_password(PASSWORD) for cadre in made[:2])


def test_names_are_found(grown) -> None:
    for name, letters in Enterprise.objects.values_list("name", "initials"):
        assert letters == initials(name), name
    one = Enterprise.objects.latest("pk")
    for text in (one.name[2:4], one.initials[:4], one.credit_code):
        assert Enterprise.objects.search(text).filter(pk=one.pk).exists()


def test_the_base_lists_hold_what_operates(grown) -> None:
    operating = set(Enterprise.objects.operating().values_list("pk", flat=True))
    current = BaseEntry.objects.open().filter(base__starts_on__lte=NOW, base__ends_on__gte=timezone.localdate(NOW))
    assert set(current.values_list("enterprise", flat=True)) == operating


def test_reports_are_of_the_past(grown) -> None:
    assert not OperatingStatus.objects.filter(reported_at__gt=NOW).exists()
    assert OperatingStatus.objects.values("enterprise").distinct().count() > SIZE.enterprises * 0.99


def test_the_sweep_goes_on_from_there(grown) -> None:
    later = NOW + timedelta(days=20)
    before = transaction.savepoint()
    assert escalation.apply_ladder(later).appeals
    assert not Appeal.objects.filter(status__in=OPEN, escalates_at__lte=later).exists()
    assert not escalation.apply_ladder(later).appeals
    transaction.savepoint_rollback(before)


def test_it_is_refused_where_demo_data_is(grown, settings) -> None:
    said = StringIO()
    call_command("load_demo", "--scale", "city", stdout=said)
    assert "未作改动" in said.getvalue()
    assert f"企业 {SIZE.enterprises}" in said.getvalue()
    settings.ALLOW_DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="ALLOW_DEMO"):
        call_command("load_demo", "--scale", "city")


def test_the_sizes_are_those_of_the_contract() -> None:
    assert (CITY.enterprises, CITY.cadres, CITY.appeals) == (100_000, 5_000, 200_000)
    assert (CITY.visits, CITY.fulfilments, CITY.statuses) == (300_000, 400_000, 2_400_000)
    assert METRO.enterprises == 10 * CITY.enterprises
