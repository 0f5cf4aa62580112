"""What a bulletin says: figures, ranking, names and text, all from the rows at the cut-off."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus
from reports import briefing, counting, evidence, wording
from reports.indicators import REPORTING, RESUMPTION, TIMELINESS, Scope, tally
from reports.models import BaseList, Briefing
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import SET_TIME, draft, line, of
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, WUERHE, at
from tests.reports.test_indicators import case, days_ago

pytestmark = pytest.mark.django_db

YESTERDAY = days_ago(1)


@pytest.fixture
def tree() -> dict[str, Region]:
    return karamay.regions()


def test_its_figures_are_those_of_the_indicators_at_the_cut_off(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None)
    karamay.enterprises(tree[DUSHANZI], "full")
    shown = of(draft(tree[CITY]))
    counted = tally(RESUMPTION.population, Scope.of_month(tree[CITY], DAY, at(15)))
    assert shown.total.resumption == counted.figure(RESUMPTION) == (3, 5)
    assert shown.total.reporting == counted.figure(REPORTING) == (4, 5)
    assert line(shown.places, "克拉玛依区").resumption == counted.figure(RESUMPTION, place=KARAMAY) == (2, 4)
    assert (shown.total.full, shown.total.silent) == (2, 1)


def test_counting_its_evidence_gives_its_figures(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "partial", "none", None)
    some = karamay.enterprises(tree[DUSHANZI], "full", "full")
    case(some[0], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), at(9, day=days_ago(4))))
    case(some[1], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), None))
    issue = draft(tree[CITY])
    shown = of(issue)
    first, *lines = evidence.decoded(issue.evidence)
    assert first == {"row": "bulletin", "region": CITY, "day": "2026-11-18", "cut_off_at": shown.cut_off_at}
    rows = [one for one in lines if one["row"] == "enterprise"]
    assert len(rows) == shown.total.base
    assert sum(one["state"] in {"partial", "full"} for one in rows) == shown.total.resumed
    assert sum(one["days_old"] == 0 for one in rows) == shown.total.reported
    for place in shown.places:
        assert sum(one["place"] == place.code for one in rows) == place.base
    cases = [one for one in lines if one["row"] == "case"]
    assert (sum(one["standing"] == 1 for one in cases), len(cases)) == shown.cases.timeliness == (1, 2)


def test_the_checksum_is_that_of_the_stored_evidence(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = draft(tree[CITY])
    issue.refresh_from_db()
    assert issue.evidence_sha256 == hashlib.sha256(bytes(issue.evidence)).hexdigest()


def test_the_same_rows_give_the_same_evidence(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    issue = draft(tree[CITY])
    again = briefing.count(tree[CITY], DAY, now=at(18))
    assert again.columns["evidence_sha256"] == issue.evidence_sha256
    assert again.columns["evidence"] == bytes(issue.evidence)


def test_what_is_reported_after_the_cut_off_counts_nowhere(tree: dict[str, Region]) -> None:
    one, other = karamay.enterprises(tree[TIANSHAN], None, None)
    karamay.report(one, "full", at(15, 1))
    karamay.report(other, "none", at(14))
    karamay.report(other, "full", at(15, 30))
    issue = draft(tree[CITY])
    shown = of(issue)
    assert (shown.total.resumed, shown.total.reported) == (0, 1)
    assert issue.cut_off_at == at(15)


def test_before_the_cut_off_it_counts_what_is_there(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full")
    issue = draft(tree[CITY], now=at(10, 12))
    assert issue.cut_off_at == at(10, 12)
    assert issue.text.startswith("截至11月18日10时12分，全市应复工1家")


def test_the_day_before_is_compared_in_points_with_who_was_added_and_lost(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], *["full"] * 6, "none", "full", day=YESTERDAY)
    karamay.freeze(tree[CITY], *some)
    for one, state in zip(some, [*["full"] * 5, "none", "full", "full"], strict=True):
        factories.status(one, DAY, state)
    total = of(draft(tree[CITY])).total
    assert (total.resumed_before, total.added, total.lost, total.resumed) == (7, 1, 1, 7)
    assert total.points == 0
    OperatingStatus.objects.filter(enterprise=some[0], day=DAY).update(state="none")
    district = of(draft(tree[KARAMAY])).total
    assert district.points == Decimal("-12.5")


def test_yesterday_is_counted_as_its_own_bulletin_counted_it(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], None)[0]
    karamay.freeze(tree[CITY], one)
    factories.status(one, YESTERDAY, "full", reported_at=at(11, day=YESTERDAY))
    draft(tree[CITY], YESTERDAY, now=at(10, day=YESTERDAY))
    total = of(draft(tree[CITY])).total
    assert total.resumed_before == 0
    assert total.added == 1


def test_on_a_lists_first_day_there_is_nothing_to_compare_with(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], "full", "none")
    karamay.freeze(tree[CITY], *some, first=DAY)
    issue = draft(tree[CITY])
    assert of(issue).total.points is None
    assert of(issue).total.added is None
    assert "前一日" not in issue.text.partition("。")[0]


def test_districts_are_ranked_and_who_reports_too_little_is_not(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], *["full"] * 9, "none")
    karamay.enterprises(tree[DUSHANZI], *["full"] * 9, "none")
    karamay.enterprises(tree[BAIJIANTAN], *["full"] * 5, *["none"] * 5)
    karamay.enterprises(tree[WUERHE], *["full"] * 8, None, None)
    shown = of(draft(tree[CITY]))
    ranks = [(place.rank, place.name) for place in shown.places]
    assert ranks == [(1, "独山子区"), (1, "克拉玛依区"), (3, "白碱滩区"), (None, "乌尔禾区")]
    assert [place.name for place in shown.unranked] == ["乌尔禾区"]


def test_a_park_stands_beside_the_districts(tree: dict[str, Region]) -> None:
    park = karamay.park(tree[CITY])
    inside = karamay.enterprises(tree[DUSHANZI], "full", "none")
    Enterprise.objects.filter(pk=inside[0].pk).update(park=park)
    shown = of(draft(tree[CITY]))
    assert [(one.name, one.base, one.resumed) for one in shown.parks] == [("石油化工园区", 1, 1)]
    assert "石油化工园区" not in [place.name for place in shown.places]
    assert shown.total.base == 2 == sum(place.base for place in shown.places)


def test_who_has_not_resumed_is_listed_with_whom_to_ask(tree: dict[str, Region]) -> None:
    full, idle, silent, old = karamay.enterprises(tree[TIANSHAN], "full", "none", None, None)
    factories.status(old, days_ago(2), "none")
    factories.contact(idle, phone="13899991234")
    factories.assign(factories.cadre(Role.SPECIALIST, region=tree[KARAMAY], name="王晓敏"), idle)
    listed = of(draft(tree[CITY])).not_resumed
    assert [(one.name, one.state, one.on) for one in listed] == [
        (idle.name, "未复工", "2026-11-18"),
        (old.name, "未复工", "2026-11-16"),
        (silent.name, "未报", ""),
    ]
    assert (listed[0].specialist, listed[0].phone, listed[0].place) == ("王晓敏", "138****1234", "克拉玛依区")
    assert full.name not in {one.name for one in listed}


def test_who_left_the_base_is_named_and_so_the_rate_does_not_rise_unseen(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], "full", "none", day=YESTERDAY)
    draft(tree[CITY], YESTERDAY, now=at(17, day=YESTERDAY))
    some[1].state = Enterprise.State.CANCELLED
    some[1].save()
    issue = draft(tree[CITY])
    assert of(issue).total.resumption == (1, 1)
    assert [(one.name, one.joined, one.because, one.place) for one in of(issue).changes] == [
        (some[1].name, False, "注销", "克拉玛依区")
    ]
    assert f"应复工名单当日移出1家（{some[1].name}，注销）。" in issue.text


def test_the_appeals_of_the_day_run_from_cut_off_to_cut_off(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], "full")[0]
    due = at(18, day=DAY + timedelta(days=3))
    began = at(9, day=days_ago(5))
    case(one, (began, due, at(16, day=YESTERDAY)), submitted_at=at(15, day=YESTERDAY))
    case(one, (began, due, at(15)), submitted_at=at(15, 1, day=YESTERDAY))
    case(one, (began, due, at(15, 1)), submitted_at=at(15))
    case(one, (began, at(14), None), submitted_at=at(15, 1))
    cases = of(draft(tree[CITY])).cases
    assert (cases.new, cases.settled, cases.overdue) == (2, 2, 1)
    counted = tally(TIMELINESS.population, Scope.of_month(tree[CITY], DAY, at(15)))
    assert cases.timeliness == counted.figure(TIMELINESS) == (2, 3)


def test_cases_at_the_fourth_level_are_named(tree: dict[str, Region]) -> None:
    one = karamay.enterprises(tree[TIANSHAN], "full")[0]
    lead = factories.DepartmentFactory.create(region=tree[CITY], name="市交通局")
    appeal = case(one, (at(9, day=days_ago(17)), at(18, day=days_ago(16)), None), number="SQ6502032026110100001")
    type(appeal).objects.filter(pk=appeal.pk).update(lead=lead)
    appeal.escalations.create(trigger="overdue_long", round=1, level=4, due_at=at(9), at=at(9), listed=True)
    issue = draft(tree[CITY])
    assert [(named.number, named.lead, named.days_overdue) for named in of(issue).named] == [
        ("SQ6502032026110100001", "市交通局", 16)
    ]
    assert "四级督办诉求1件：" in issue.text
    assert f"{one.name}“外地员工无法返岗”（SQ6502032026110100001，主办单位市交通局，超期16天）" in issue.text


def test_the_text_has_the_customary_form(tree: dict[str, Region]) -> None:
    some = karamay.enterprises(tree[TIANSHAN], *["full"] * 8, "none", "none", day=YESTERDAY)
    some += karamay.enterprises(tree[DUSHANZI], *["full"] * 2, day=YESTERDAY)
    karamay.freeze(tree[CITY], *some)
    for one in some[:9] + some[10:]:
        factories.status(one, DAY, "partial" if one == some[8] else "full")
    text = draft(tree[CITY]).text.splitlines()
    assert text[0] == (
        "截至11月18日15时，全市应复工12家，累计复工11家（全面复工10家，部分复工1家），复工率91.7%，"
        "较前一日提高8.3个百分点，当日新增复工1家。当日上报11家，上报率91.7%；沿用此前3日内状况1家，未报0家。"
    )
    assert text[1] == "区县复工率第一位为：独山子区（100.0%）；末位为：克拉玛依区（90.0%）。"
    assert text[2] == "11月17日15时以来，新增企业诉求0件，办结0件；尚有超期未办结0件。"


def test_an_empty_city_says_so_and_shows_no_rate(tree: dict[str, Region]) -> None:
    issue = draft(tree[CITY])
    assert issue.text.startswith("截至11月18日15时，全市没有应复工企业。")
    assert of(issue).total.resumption.text == "—"
    assert not BaseList.objects.exists()


def test_a_snapshot_is_read_back_as_it_was_written(tree: dict[str, Region]) -> None:
    karamay.enterprises(tree[TIANSHAN], "full", "none")
    karamay.freeze(tree[CITY], *Enterprise.objects.all())
    before = Scope.of_month(tree[CITY], YESTERDAY, at(15, day=YESTERDAY))
    taken = counting.take(tree[CITY], DAY, cut_off=at(15), before=before)
    issue = Briefing.objects.create(
        region=tree[CITY], day=DAY, number=1, cut_off_at=at(15), made_at=SET_TIME, evidence=b"",
        figures=taken.snapshot.to_json(),
    )  # fmt: skip
    assert of(issue) == taken.snapshot
    assert wording.text_of(of(issue)) == wording.text_of(taken.snapshot)


def test_many_districts_and_enterprises_take_as_many_statements_as_few(tree: dict[str, Region]) -> None:
    def statements(region: Region) -> int:
        draft(region)
        with CaptureQueriesContext(connection) as queries:
            briefing.count(region, DAY, now=SET_TIME)
        return len(queries)

    karamay.enterprises(tree[DUSHANZI], "full", "none")
    few = statements(tree[DUSHANZI])
    for number in range(10, 30):
        district = factories.RegionFactory.create(
            code=f"6502{number}000000", name=f"{number}区", kind="district", parent=tree[CITY]
        )
        some = karamay.enterprises(district, "full", "none", None)
        case(some[0], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), at(9, day=days_ago(4))))
        factories.assign(factories.cadre(Role.SPECIALIST, region=district), some[1])
    Briefing.objects.all().delete()
    assert statements(tree[CITY]) == few
