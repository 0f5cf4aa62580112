"""What a bulletin says: figures, ranking, names and text, all from the rows at the cut-off."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cadres.models import Region
from cadres.roles import Role
from enterprises.models import Enterprise, OperatingStatus
from reports import briefing, counting, evidence, wording
from reports.indicators import REPORTING, RESUMPTION, TIMELINESS, Amounts, Scope, match, tally
from reports.models import BaseList, Briefing, PowerRule, RiskLevel
from reports.outputs import layout, tables
from reports.snapshot import Snapshot
from tests import factories
from tests.reports import karamay
from tests.reports.bulletins import SET_TIME, draft, line, of
from tests.reports.karamay import BAIJIANTAN, CITY, DAY, DUSHANZI, KARAMAY, TIANSHAN, WUERHE, at
from tests.reports.test_indicators import case, days_ago

pytestmark = pytest.mark.django_db

YESTERDAY = days_ago(1)
DATA: Final = Path(__file__).parents[1] / "data"


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
    Enterprise.objects.update(headcount=3, baseline_kwh=Decimal("7.5"))
    OperatingStatus.objects.update(due=9, on_duty=8, utilisation=Decimal("33.33"), kwh=Decimal("3.25"))
    case(some[0], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), at(9, day=days_ago(4))))
    case(some[1], (at(9, day=days_ago(9)), at(18, day=days_ago(3)), None))
    issue = draft(tree[CITY])
    shown = of(issue)
    first, *lines = evidence.decoded(issue.evidence)
    assert first == {
        "row": "bulletin",
        "region": CITY,
        "day": "2026-11-18",
        "cut_off_at": shown.cut_off_at,
        "power": shown.power,
    }
    rows = [one for one in lines if one["row"] == "enterprise"]
    assert len(rows) == shown.total.base
    assert sum(one["state"] in {"partial", "full"} for one in rows) == shown.total.resumed
    assert sum(one["days_old"] == 0 for one in rows) == shown.total.reported
    for name, total in shown.total.sums._asdict().items():
        assert sum(Decimal(one.get(name, 0)) for one in rows) == total
    for place in shown.places:
        assert sum(one["place"] == place.code for one in rows) == place.base
    cases = [one for one in lines if one["row"] == "case"]
    assert (sum(one["standing"] == 1 for one in cases), len(cases)) == shown.cases.timeliness == (1, 2)


def test_the_database_writes_a_line_as_json_has_it(tree: dict[str, Region]) -> None:
    """To the byte, for the checksum of one that was made before must come out again."""
    one, other = karamay.enterprises(tree[TIANSHAN], "full", None)
    odd = '“甲”"乙"\\丙\t\x01\x7f<&>/%s{}\'𠮷'
    Enterprise.objects.filter(pk=one.pk).update(name=odd, headcount=3, baseline_kwh=Decimal("1200.00"))
    Enterprise.objects.filter(pk=other.pk).update(credit_code=None, kind=Enterprise.Kind.TRADER)
    OperatingStatus.objects.update(due=100, on_duty=0, utilisation=Decimal("33.33"), kwh=Decimal("0.50"))
    text = gzip.decompress(bytes(draft(tree[CITY]).evidence)).decode()
    found = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    assert text == "".join(
        json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for row in found
    )
    lines = {row.get("id"): row for row in found if row["row"] == "enterprise"}
    assert lines[one.pk] == {
        "row": "enterprise",
        "id": one.pk,
        "name": odd,
        "credit_code": one.credit_code,
        "place": KARAMAY,
        "park": None,
        "category": one.category,
        "industry": one.industry[:1],
        "trade": one.industry_group,
        "state": "full",
        "days_old": 0,
        "due": "100",
        "on_duty": "0",
        "capacity": "3",
        "in_use": "0.9999",
        "drawn": "0.5",
        "metered": "1",
        "with_baseline": "1",
        "baseline": "1200",
    }
    silent = lines[other.pk]
    assert (silent["credit_code"], silent["state"], silent["days_old"], "due" in silent) == (None, None, None, False)


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
        return len([query for query in queries if not query["sql"].startswith("FETCH")])  # of what is asked already

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


# --- people, capacity, electricity, risk -----------------------------------------------------------------------


def reported(some: list[Enterprise], day: date = DAY, **values: object) -> None:
    OperatingStatus.objects.filter(enterprise__in=some, day=day).update(**values)


@pytest.fixture
def numbers(tree: dict[str, Region]) -> dict[str, Region]:
    """Two districts with everything reported in numbers, and the risk levels and targets to judge them by."""
    PowerRule.objects.create(
        version=1, starts_on=days_ago(9), set_at=at(9, day=days_ago(9)), target_orange=30, target_yellow=50
    )
    for code, colour, drew in ((TIANSHAN, "orange", 60), (DUSHANZI, "yellow", 40)):
        some = karamay.enterprises(tree[code], "full", "full", day=YESTERDAY)
        Enterprise.objects.filter(pk__in=[one.pk for one in some]).update(
            headcount=50, baseline_kwh=100, industry="C25" if code == TIANSHAN else "B11", industry_group="炼油化工"
        )
        for one in some:
            factories.status(one, DAY, "full", due=50, on_duty=45, utilisation=Decimal("80.5"), kwh=drew)
        reported(some, YESTERDAY, kwh=30)
        district = tree[KARAMAY] if code == TIANSHAN else tree[DUSHANZI]
        RiskLevel.objects.create(region=district, colour="red", starts_on=days_ago(20), set_at=at(9))
        RiskLevel.objects.create(region=district, colour=colour, starts_on=DAY, set_at=at(9))
        RiskLevel.objects.create(region=district, colour="green", starts_on=DAY + timedelta(days=1), set_at=at(9))
    karamay.freeze(tree[CITY], *Enterprise.objects.order_by("pk"))
    return tree


def test_the_ranking_judges_electricity_by_the_risk_level(numbers: dict[str, Region]) -> None:
    issue = draft(numbers[CITY])
    table = tables.places(of(issue))
    assert [column.label for column in table.columns] == [
        "排名", "区域", "疫情等级", "应复工", "累计复工", "当日新增", "复工率", "较前一日（百分点）", "应到岗",
        "已返岗", "返岗率", "产能利用率", "电力指数", "较前一日", "目标", "差距（百分点）", "匹配结论", "上报率",
    ]  # fmt: skip
    shown = {words[1]: words for _, cells in table.shown if (words := [text for _, text in cells])}
    assert shown["克拉玛依区"] == [
        "1", "克拉玛依区", "橙", "2", "2", "0", "100.0%", "0.0", "100", "90", "90.0%", "80.5%", "80.00", "+15.00",
        "30.0%", "+30.0", "超前", "100.0%",
    ]  # fmt: skip
    assert shown["独山子区"][12:17] == ["70.00", "+5.00", "50.0%", "-10.0", "滞后"]
    assert shown["乌尔禾区"][2:] == ["—", "0", "0", *["—"] * 3, "0", "0", *["—"] * 8]
    assert shown["合计"][8:14] == ["200", "180", "90.0%", "80.5%", "75.00", "+10.00"]
    assert (of(issue).power_day, of(issue).power["version"]) == (DAY, "1")


@pytest.mark.parametrize(
    ("colour", "drew", "verdict"),
    [
        ("orange", "29.9", "滞后"), ("orange", "30", "匹配"), ("orange", "40", "匹配"), ("orange", "40.1", "超前"),
        ("yellow", "99", "匹配"), ("red", "99", ""), ("blue", "99", ""), ("", "99", ""),
    ],
)  # fmt: skip
def test_only_orange_can_be_ahead_and_without_a_target_nothing_is_judged(colour: str, drew: str, verdict: str) -> None:
    rule = PowerRule(target_orange=Decimal(30), target_yellow=Decimal(50))
    amounts = Amounts(drawn=Decimal(drew), metered=Decimal(1), with_baseline=Decimal(1), baseline=Decimal(100))
    assert match(amounts, colour, rule).verdict == verdict
    assert match(Amounts(baseline=Decimal(100)), colour, rule).verdict == ""


def test_groups_and_industries_have_lines_of_their_own(numbers: dict[str, Region]) -> None:
    Enterprise.objects.filter(region=numbers[DUSHANZI]).update(category="farm_leader")
    shown = of(draft(numbers[CITY]))
    assert [(one.name, one.base) for one in shown.groups] == [("规上工业", 2), ("农业龙头", 2)]
    assert [(one.name, one.base) for one in shown.industries] == [("采矿业", 2), ("制造业", 2)]
    assert [(one.name, one.base) for one in shown.trades] == [("炼油化工", 4)]
    assert sum(one.sums.on_duty for one in shown.groups) == shown.total.sums.on_duty == 180


def test_the_text_speaks_of_groups_people_and_electricity(numbers: dict[str, Region]) -> None:
    Enterprise.objects.filter(region=numbers[DUSHANZI]).update(category="farm_leader")
    text = draft(numbers[CITY]).text.splitlines()
    assert text[1] == (
        "其中，规上工业累计复工2家，复工率100.0%，与前一日持平；农业龙头累计复工2家，复工率100.0%，与前一日持平。"
    )
    assert text[2] == (
        "报了人数的企业应到岗200人，已返岗180人，返岗率90.0%；产能利用率80.5%；"
        "复工电力指数75.00（11月18日用电数据），较前一日提高10.00。"
    )


# --- formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2])
def test_a_bulletin_of_an_earlier_format_is_shown_as_it_was(number: int) -> None:
    stored = json.loads((DATA / f"briefing_format_{number}.json").read_text(encoding="utf-8"))
    snapshot = Snapshot.from_json(stored["figures"])
    shown = [table for sheet in layout.sheets(snapshot) for table in (sheet.table, *sheet.below)]
    assert [
        {
            "title": table.title,
            "columns": [column.label for column in table.columns],
            "rows": [[words for _, words in cells] for _, cells in table.shown],
        }
        for table in shown
        if table.rows
    ] == [table for table in stored["tables"] if table["rows"]]


def test_a_name_with_a_line_separator_in_it_stays_on_its_line_of_evidence() -> None:
    told, sheet = [{"name": "甲\u2028乙\u0085丙"}, {"number": "1"}], evidence.Sheet()
    sheet.tell(told)
    assert list(evidence.decoded(sheet.end().content)) == told


def test_lines_are_kept_in_the_order_in_which_they_come_however_many() -> None:
    sheet = evidence.Sheet()
    for number in range(3 * evidence.WAITING):
        sheet.tell([{"number": number}])
    found = sheet.end()
    assert [one["number"] for one in evidence.decoded(found.content)] == list(range(3 * evidence.WAITING))
    assert found.sha256 == evidence.checksum(found.content)


def test_a_line_that_cannot_be_kept_is_no_evidence_at_all() -> None:
    sheet = evidence.Sheet()
    sheet.take("\ud800")
    sheet.tell([{"number": 1}])
    with pytest.raises(UnicodeEncodeError):
        sheet.end()
