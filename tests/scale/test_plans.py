"""How PostgreSQL finds what lists show: by which index, and never by reading a large table from end to end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals import menu
from appeals.models import Appeal
from appeals.workflow import UNENDED
from cadres import counting
from cadres.counting import Count, CountEach
from cadres.models import Cadre
from cadres.roles import Role
from cadres.search import words
from enterprises.models import Enterprise
from policies.models import Fulfilment, Policy
from policies.models.queries import MOST_URGENT_FIRST
from policies.workflow import Status as FulfilmentStatus
from reports.indicators import CASES, ENTERPRISES, Scope
from reports.workbench import cases
from reports.workbench.bench import assemble
from tests.scale.conftest import ROWS

pytestmark = pytest.mark.xdist_group("scale")

FULFILMENTS: Final = "policies_fulfilment"
LARGE: Final = {
    *("enterprises_enterprise", "enterprises_assignment", "enterprises_operatingstatushistory"),
    *("appeals_appeal", "appeals_round", FULFILMENTS, "visits_visit"),
}


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Without what counts to a thousand and stops, wherever it finds them."""
    parts = plan.get("Plans", ())
    if plan["Node Type"] == "Aggregate" and any(part["Node Type"] == "Limit" for part in parts):
        return []
    return [plan, *(node for part in parts for node in nodes(part))]


def all_nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in all_nodes(part))]


def plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}".replace("%", "%%"))
        (found,) = cursor.fetchone()
    whole: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return whole


def explained(sql: str) -> list[dict[str, Any]]:
    return nodes(plan(sql))


def plan_of(queryset: Any) -> list[dict[str, Any]]:
    with CaptureQueriesContext(connection) as queries:
        list(queryset)
    return explained(queries[-1]["sql"])


def indexes(plan: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in plan if "Index Name" in node}


def read_whole(plan: list[dict[str, Any]]) -> set[str]:
    return {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"} & LARGE


@pytest.mark.parametrize(
    ("text", "index", "count"),
    [
        ("船锚", "enterprise_name_bigrams", 1),
        ("cm", "enterprise_initials_bigrams", 1),
        ("lccm", "enterprise_initials_bigrams", 1),
        ("mb00000777", "enterprise_code", 1),
        ("91990102mb00000777", "enterprise_credit_code_once", 1),
    ],
)
def test_an_enterprise_is_searched_by_index(city: dict[Role, Cadre], text: str, index: str, count: int) -> None:
    found = Enterprise.objects.visible_to(city[Role.OFFICE]).search(text)
    assert found.count() == count
    plan = plan_of(found.order_by("initials", "name", "pk")[:21])
    assert index in indexes(plan)
    assert not read_whole(plan)


@pytest.mark.parametrize("text", ["船锚", "塌了", "lccm", "mb00000777", "SQ990102000000004711"])
def test_an_appeal_is_searched_by_index(city: dict[Role, Cadre], text: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = list(Appeal.objects.visible_to(city[Role.OFFICE]).search(text).most_urgent_first()[:21])
    assert len(found) == 1
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(asked) == 3
    assert not [sql for sql in asked if read_whole(explained(sql))]


def test_a_number_of_our_own_is_looked_up_whole(city: dict[Role, Cadre]) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = Appeal.objects.found_by("sq990102000000004711")
    assert Appeal.objects.filter(found.condition).count() == 1
    assert "appeal_number" not in indexes(explained(queries[-1]["sql"]))


def test_few_are_held_by_their_keys_whether_title_or_enterprise_has_the_words(city: dict[Role, Cadre]) -> None:
    found = Appeal.objects.found_by("面包")  # of 400 bakeries, one appeal each
    with CaptureQueriesContext(connection) as queries:
        assert Appeal.objects.filter(found.condition).count() == 400
    assert indexes(explained(queries[-1]["sql"])) == {"appeals_appeal_pkey"}


def test_a_common_word_is_gone_through_once_in_the_order_of_the_list(city: dict[Role, Cadre]) -> None:
    """An index of words would collect all of the 20,000 before the first is shown."""
    client = Client()
    client.force_login(city[Role.OFFICE])
    with CaptureQueriesContext(connection) as queries:
        listing = client.get("/appeals/", {"q": "缺工", "page": 2}).context["listing"]
    found = Appeal.objects.filter(title__contains="缺工").most_urgent_first()
    assert [row.pk for row in listing.rows] == list(found.values_list("pk", flat=True)[20:40])
    assert listing.counted == 1001
    gone = [
        explained(query["sql"]) for query in queries if "LIMIT 1001" in query["sql"] and "count(*)" not in query["sql"]
    ]
    assert ["appeal_most_urgent_first" in indexes(plan) for plan in gone] == [True]


def test_a_common_word_is_counted_in_each_status_no_further_than_shown(city: dict[Role, Cadre]) -> None:
    client = Client()
    client.force_login(city[Role.OFFICE])
    with CaptureQueriesContext(connection) as queries:
        tabs = client.get("/appeals/", {"q": "缺工"}).context["tabs"]
    assert {tab.label: tab.count for tab in tabs if tab.count not in ("", "0")} == {"办理中": "1000+"}
    assert len([query["sql"] for query in queries if "unnest" in query["sql"]]) == 1


def test_a_word_in_a_status_is_found_by_the_index_of_both(city: dict[Role, Cadre]) -> None:
    shown = plan_of(Appeal.objects.filter(words("title", "塌了"), status="closed"))
    (condition,) = [node["Index Cond"] for node in shown if node.get("Index Name") == "appeal_words"]
    assert "status" in condition


def test_past_the_end_of_what_a_common_word_finds_the_page_says_so(city: dict[Role, Cadre]) -> None:
    client = Client()
    client.force_login(city[Role.OFFICE])
    listing = client.get("/appeals/", {"q": "缺工", "status": "reviewing", "page": 2}).context["listing"]
    assert (listing.rows, listing.counted, listing.complaints) == ([], 0, ["没有第 2 页，共 1 页"])


def test_a_group_in_a_place_is_counted_without_looking_at_an_enterprise(city: dict[Role, Cadre]) -> None:
    region = city[Role.OFFICE].region
    assert region is not None
    found = Enterprise.objects.in_region(region).filter(industry_group="物流")
    shown = plan_of(found.order_by().values("industry_group")[:1001])
    assert [(node["Node Type"], node["Index Name"]) for node in shown if "Index Name" in node] == [
        ("Index Only Scan", "enterprise_group_in_place")
    ]


def pages() -> list[tuple[Role, str]]:
    lists = {
        Role.OFFICE: ("enterprises/", "assignments/", "visits/", "appeals/", "fulfilments/"),
        Role.SPECIALIST: ("enterprises/", "assignments/", "visits/", "appeals/"),
        Role.HANDLER: ("enterprises/", "appeals/", "fulfilments/"),
        Role.SUPERVISOR: ("appeals/", "appeals/escalations/"),
    }
    return [(role, f"/{path}") for role, paths in lists.items() for path in paths]


@pytest.mark.parametrize(("role", "path"), pages())
def test_the_first_page_of_a_list_reads_no_table_whole(city: dict[Role, Cadre], role: Role, path: str) -> None:
    client = Client()
    client.force_login(city[role])
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).context["listing"].rows
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    dear = [sql for sql in asked if read_whole(explained(sql))]
    assert dear == []


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SUPERVISOR])
def test_what_is_counted_beside_the_menu_reads_no_table_whole(city: dict[Role, Cadre], role: Role) -> None:
    with CaptureQueriesContext(connection) as queries:
        counted = counting.ask(city[role], {"waiting": Count(menu.waiting(city[role], timezone.now()), to=999)})
        counted |= counting.ask(city[role], {"escalated": Count(menu.escalated(city[role], timezone.now()), to=999)})
    assert counted["escalated"] == 999
    asked = [query["sql"] for query in queries if "appeals_appeal" in query["sql"]]
    assert len(asked) == 2
    assert not [sql for sql in asked if read_whole(all_nodes(plan(sql)))]


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SUPERVISOR])
def test_what_waits_in_a_region_is_counted_by_indexes_of_that_alone(city: dict[Role, Cadre], role: Role) -> None:
    """One of all that is open helps nothing, and made a page of a city twice as dear where the planner took it."""
    with CaptureQueriesContext(connection) as queries:
        counting.ask(city[role], {"waiting": Count(menu.waiting(city[role], timezone.now()), to=999)})
    read = all_nodes(plan(queries[-1]["sql"]))
    of_appeals = {index for index in indexes(read) if index.startswith("appeal_")}
    assert of_appeals
    assert not {index for index in of_appeals if index.startswith("appeal_open_once")}


def test_each_status_is_counted_no_further_than_shown(city: dict[Role, Cadre]) -> None:
    office, statuses = city[Role.OFFICE], sorted(UNENDED)
    found = Appeal.objects.visible_to(office).filter(status__in=UNENDED)
    counted = counting.ask(office, {"each": CountEach(found, "status", statuses, to=1001)})
    whole = dict(found.order_by().values_list("status").annotate(n=models.Count("pk")))
    assert max(whole.values()) > 1001
    assert counted["each"] == [min(whole.get(status, 0), 1001) for status in statuses]


def test_what_an_import_knows_by_code_or_by_name_and_region_is_found_by_index(city: dict[Role, Cadre]) -> None:
    some = list(Enterprise.objects.order_by("pk")[:500])
    by_code = plan_of(Enterprise.objects.of_codes(str(one.credit_code) for one in some))
    assert indexes(by_code) == {"enterprise_credit_code_once"}
    assert not read_whole(by_code)
    names, regions = {one.name for one in some}, {one.region_id for one in some}
    by_name = plan_of(Enterprise.objects.filter(name__in=names, region__in=regions))
    assert indexes(by_name) == {"enterprise_of_name"}
    assert not read_whole(by_name)


def test_the_queue_is_read_in_its_order(city: dict[Role, Cadre]) -> None:
    found = Appeal.objects.visible_to(city[Role.SUPERVISOR]).escalated(timezone.now()).watched().highest_first()
    shown = plan_of(found[:21])
    assert {"watch_queue", "appeals_appeal_pkey"} <= indexes(shown)
    assert "Sort" not in {node["Node Type"] for node in shown}


def test_what_has_ended_of_the_queue_is_found_by_an_index_of_that_alone(city: dict[Role, Cadre]) -> None:
    found = Appeal.objects.visible_to(city[Role.SUPERVISOR]).escalated(timezone.now()).unwatched().highest_first()
    assert "watch_ended" in indexes(plan_of(found[:21]))


def test_what_was_settled_or_is_overdue_is_found_by_index(city: dict[Role, Cadre]) -> None:
    region, now = city[Role.OFFICE].region, timezone.now()
    assert region is not None
    scope = Scope(region, timezone.localdate(now), now, since=now - timedelta(days=3))
    shown = plan_of(CASES.rows(scope).values("pk", "standing"))
    assert {"appeal_settled", "appeal_unsettled", "appeal_begun_again", "round_late"} <= indexes(shown)
    assert not read_whole(shown)


def test_a_report_that_was_replaced_since_is_found_by_index(city: dict[Role, Cadre]) -> None:
    region, now = city[Role.OFFICE].region, timezone.now()
    assert region is not None
    before = now - timedelta(days=1)
    scope = Scope.of_month(region, timezone.localdate(before), before)
    shown = plan_of(ENTERPRISES.rows(scope).values("pk", "standing"))
    assert "status_history_replaced" in indexes(shown)
    assert not read_whole(shown)


@pytest.mark.parametrize(("some", "joined"), [({"status": "handling"}, "appeal_co_open"), ({}, "appeal_co_keys")])
def test_what_a_department_leads_or_joins_is_found_by_its_indexes(
    city: dict[Role, Cadre], some: dict[str, str], joined: str
) -> None:
    found = Appeal.objects.visible_to(city[Role.HANDLER]).filter(**some)
    shown = plan_of(found.order_by("pk"))
    assert {"appeal_lead", joined} <= indexes(shown)
    assert not read_whole(shown)


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SUPERVISOR])
def test_a_regions_workbench_counts_no_further_than_it_says(city: dict[Role, Cadre], role: Role) -> None:
    with CaptureQueriesContext(connection) as queries:
        shown = assemble(city[role], timezone.now())
    (counting_all,) = (query["sql"] for query in queries if query["sql"].count("LIMIT 1001") > 1)
    assert not [node for node in explained(counting_all) if node.get("Relation Name") in LARGE]
    assert shown.pressing is not None
    assert shown.pressing.count is not None


def test_the_most_urgent_of_a_scope_are_found_in_their_order(city: dict[Role, Cadre]) -> None:
    """Or, of a department, among its own, which are no more than it has in hand."""
    now = timezone.now()
    for find, role, some in (
        (cases.near_due, Role.SUPERVISOR, {"appeal_light"}),
        (cases.most_urgent, Role.HANDLER, {"appeal_light", "appeal_co_open"}),
    ):
        with CaptureQueriesContext(connection) as queries:
            find(city[role], now)
        shown = explained(queries[-1]["sql"])
        assert some & indexes(shown)
        assert not read_whole(shown)


@pytest.mark.parametrize("role", [Role.OFFICE, Role.HANDLER])
def test_what_a_policy_counts_is_read_from_an_index_alone(city: dict[Role, Cadre], role: Role) -> None:
    """Of a whole city's rows none is looked at. Tables of a test know of no page that everybody sees: they are told."""
    client = Client()
    client.force_login(city[role])
    with CaptureQueriesContext(connection) as queries:
        (item,) = client.get(Policy.objects.get().get_absolute_url()).context["items"]
    assert sum(one.rows for one in item.counts) > ROWS
    (sql,) = [
        query["sql"] for query in queries if '"policies_item"."name"' in query["sql"] and "count(" in query["sql"]
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off")
        (read,) = [node for node in all_nodes(plan(sql)) if node.get("Relation Name") == FULFILMENTS]
        transaction.set_rollback(True)
    assert (read["Node Type"], read["Index Name"]) == ("Index Only Scan", "fulfilment_of_item")


@pytest.mark.parametrize("role", [Role.OFFICE, Role.HANDLER])
def test_statuses_of_fulfilments_are_read_in_order_from_where_they_begin(city: dict[Role, Cadre], role: Role) -> None:
    """And not behind all that is still to be applied for."""
    found = Fulfilment.objects.listed_to(city[role]).of_statuses([FulfilmentStatus.INELIGIBLE])
    shown = plan_of(found.order_by(*MOST_URGENT_FIRST, "pk")[:20])
    assert {"fulfilment_urgent_first", "fulfilment_urgent_of_item"} & indexes(shown)
    assert not read_whole(shown)
    assert [node for node in shown if "CASE" in node.get("Index Cond", "")]
