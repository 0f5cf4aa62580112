"""The page of one appeal: who sees it, what it tells, which steps it offers, what it costs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from appeals import casefile, escalation
from appeals.models import Appeal
from appeals.workflow import STEPS, Status
from cadres.roles import Role
from tests import factories
from tests.appeals.pages import cost_of, get, offers, signed_in, titles
from tests.appeals.people import NOW, People
from workflow.worktime import BEIJING


def page_of(people: People, who: str, appeal: Appeal) -> str:
    return get(getattr(people, who), appeal.get_absolute_url())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("specialist", 200),
        ("team_leader", 200),
        ("office", 200),
        ("supervisor", 200),
        ("leader", 200),
        ("handler", 200),
        ("head", 200),
        ("stranger", 404),
        ("caller", 403),
    ],
)
def test_who_may_open_it(people: People, who: str, status: int) -> None:
    appeal = people.assigned()
    assert signed_in(getattr(people, who)).get(appeal.get_absolute_url()).status_code == status


def test_anothers_draft_is_not_found(people: People) -> None:
    draft = people.draft()
    assert signed_in(people.office).get(draft.get_absolute_url()).status_code == 404
    assert signed_in(people.specialist).get(draft.get_absolute_url()).status_code == 200


def test_it_tells_the_whole_case(people: People) -> None:
    factories.contact(people.enterprise, "何文娟", "13812345678")
    appeal = people.submitted(description="外省46名钻修技工没有直达班车，\n无法按时返岗。")
    people.take(appeal, "assign", "office", urgency="urgent", note="请三天内办结")
    people.take(appeal, "sign", "handler")
    people.take(appeal, "progress", "handler", note="已联系客运公司", contacted=True)
    people.take(appeal, "reply", "handler")
    text = words(page_of(people, "office", appeal))
    assert appeal.number
    for shown in (
        *(appeal.number, "外地员工无法返岗", people.enterprise.name, "何* 138****5678"),
        *("无法按时返岗。", "主办单位：市人社局", "紧急程度：一般 → 紧急", "研判：个性", "请三天内办结"),
        *("已联系客运公司", "联系企业：已联系", "答复：专车接回44人", "办结类型：已解决", "11-18 10:00 赵明"),
    ):
        assert shown in text, shown
    assert "13812345678" not in text


def test_the_history_is_newest_first_and_holds_the_ladder(people: People) -> None:
    appeal = people.assigned()
    escalation.apply_ladder(datetime(2026, 11, 19, 18, tzinfo=BEIJING))
    people.take(appeal, "sign", "handler", datetime(2026, 11, 20, 9, tzinfo=BEIJING))
    timeline = page_of(people, "office", appeal).split('class="tl"')[1].split("</ol>")[0]
    titles = re.findall(r'<div class="h">\s*([^<]+?)\s*<', timeline)
    assert titles == ["签收", "未按时签收：一级督办", "转办", "提交"]
    assert '<span class="d red">' in timeline


def test_a_rung_that_was_recorded_late_says_when_it_was_due(people: People) -> None:
    appeal = people.assigned()
    escalation.apply_ladder(datetime(2026, 11, 20, 9, tzinfo=BEIJING))
    assert "应于 2026-11-19 18:00 触发，系统补记。" in words(page_of(people, "office", appeal))


def test_every_field_that_a_step_carries_has_its_words(people: People) -> None:
    carried = {field for step in STEPS.steps.values() for field in step.carries}
    demanded = {"order", "instruction", "leader", "instructed_on", "answering", "reply_due_at"}
    assert carried | demanded == set(casefile.FIELD_LABELS)
    assert set(casefile.LOOKS) == set(STEPS.steps)


# Which buttons each role has in each status.
URGING = {"team_leader": ["催办"], "supervisor": ["催办"]}
OFFERED: list[tuple[Status, dict[str, list[str]]]] = [
    (Status.DRAFT, {"specialist": ["提交", "现场办结", "作废草稿", "修改草稿"]}),
    (Status.PENDING, {"office": ["转办", "直接答复", "不予受理"], "specialist": ["撤回"], **URGING}),
    (
        Status.ASSIGNED,
        {
            "handler": ["签收", "退单", "登记进展"],
            "head": ["签收"],
            "specialist": ["撤回"],
            "office": ["改派"],
            "team_leader": ["催办"],
            "supervisor": ["改派", "催办"],
        },
    ),
    (
        Status.HANDLING,
        {
            "handler": ["申请改派", "登记进展", "答复"],
            "head": ["转派"],
            "office": ["改派"],
            "team_leader": ["催办"],
            "supervisor": ["改派", "催办"],
        },
    ),
    (Status.REVIEWING, {"head": ["审核通过", "退回重办"], "handler": ["登记进展"], **URGING}),
    (Status.CONFIRMING, {"specialist": ["企业确认", "不满意重办"], "handler": ["登记进展"], **URGING}),
    (Status.CLOSING, {"office": ["销号", "退回办理"], "handler": ["登记进展"], **URGING}),
    (Status.CLOSED, {}),
]


@pytest.mark.parametrize(("status", "expected"), OFFERED)
def test_each_role_is_offered_its_own_steps_and_no_others(
    people: People, status: Status, expected: dict[str, list[str]]
) -> None:
    appeal = people.at(status)
    for who in ("specialist", "team_leader", "office", "supervisor", "leader", "handler", "head"):
        if Appeal.objects.visible_to(getattr(people, who)).exists():
            assert offers(page_of(people, who, appeal)) == expected.get(who, []), who


def test_a_co_department_reports_progress_and_its_opinion_and_nothing_else(people: People) -> None:
    other = factories.DepartmentFactory.create(name="市交通局")
    helper = factories.cadre(Role.HANDLER, department=other)
    appeal = people.at(Status.HANDLING, co_departments=[other])
    assert offers(get(helper, appeal.get_absolute_url())) == ["登记进展", "会办意见"]
    assert signed_in(helper).post(f"/appeals/{appeal.pk}/steps/reply/").status_code == 403
    assert signed_in(helper).post(f"/appeals/{appeal.pk}/steps/progress/", {"note": "已派车"}).status_code == 302
    assert "已派车" in words(page_of(people, "office", appeal))


@pytest.mark.parametrize(
    ("status", "turn"),
    [
        (Status.PENDING, "待助企办受理转办"),
        (Status.ASSIGNED, "待市人社局签收"),
        (Status.HANDLING, "市人社局赵明办理中"),
        (Status.REVIEWING, "待市人社局负责人审核"),
        (Status.CONFIRMING, "待驻企专员王晓敏与企业确认"),
        (Status.CLOSING, "待助企办核对销号"),
        (Status.CLOSED, "诉求已结束"),
    ],
)
def test_it_says_whose_turn_it_is(people: People, status: Status, turn: str) -> None:
    assert turn in page_of(people, "leader", people.at(status))


def test_an_enterprise_without_specialist_says_what_to_do(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    people.enterprise.assignments.filter(role="specialist").update(ends_on=timezone.localdate())
    assert "请先安排包联" in page_of(people, "office", appeal)


def test_the_steps_of_the_way_carry_time_and_person(people: People) -> None:
    bar = page_of(people, "office", people.at(Status.REVIEWING)).split('class="steps">')[1].split("</ol>")[0]
    said = re.sub(r"\s", "", words(bar))
    assert said.startswith("提交11-1810:00王晓敏转办11-1810:00钱志远签收11-1810:00赵明办理11-1810:00赵明")
    assert bar.count('class="done"') == 4
    assert "审核" in bar.split('aria-current="step"')[1].split("</li>")[0]


@pytest.mark.parametrize(("name", "last"), [("decline", "不予受理"), ("withdraw", "已撤回")])
def test_an_early_end_is_the_last_stage(people: People, name: str, last: str) -> None:
    appeal = people.submitted()
    people.take(appeal, name, "office" if name == "decline" else "specialist", note="已仲裁")
    bar = words(page_of(people, "office", appeal).split('class="steps"')[1].split("</ol>")[0])
    assert last in bar
    assert "销号" not in bar


def test_a_second_round_shows_both_deadlines(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    people.take(appeal, "dispute", "specialist", note="没有解决")
    text = words(page_of(people, "office", appeal))
    assert "第 2 轮 已超期" in text or "第 2 轮 办理中" in text
    assert "第 1 轮 按时办结" in text


def test_a_moved_deadline_shows_the_original_one(people: People) -> None:
    appeal = people.at(Status.CONFIRMING)
    people.take(appeal, "confirm", "specialist", NOW + timedelta(days=2))
    people.take(appeal, "return", "office", NOW + timedelta(days=2), note="凭证不全")
    text = words(page_of(people, "office", appeal))
    assert "时限 2026-12-04 18:00" in text
    assert "原时限 2026-12-02 18:00" in text


def test_a_deadline_in_a_year_without_announced_holidays_is_provisional(people: People) -> None:
    assert "暂定" not in page_of(people, "office", people.assigned())
    appeal = people.assigned(datetime(2031, 3, 3, 10, tzinfo=BEIJING))
    assert "暂定" in page_of(people, "office", appeal)


def test_lists_and_the_queue_call_such_a_deadline_provisional_too(people: People) -> None:
    """As far ahead as its deadline may lie: nothing is announced of a year to come."""
    later, usual = people.assigned(), people.assigned()
    Appeal.objects.filter(pk=later.pk).update(due_at=datetime(2031, 3, 3, 18, tzinfo=BEIJING), level=2)
    Appeal.objects.filter(pk=usual.pk).update(level=2)
    for page, who in (("/appeals/", people.office), ("/appeals/escalations/", people.supervisor)):
        rows = get(who, page).split("<tr")
        (shown,) = [row for row in rows if later.get_absolute_url() in row]
        assert "暂定" in shown
        (other,) = [row for row in rows if usual.get_absolute_url() in row]
        assert "暂定" not in other
    ahead = get(people.office, people.submitted().get_absolute_url())
    assert "暂定" in ahead.split("其他诉求")[-1]


def test_the_enterprises_other_appeals_are_those_the_reader_may_see(people: People) -> None:
    appeal = people.assigned()
    people.submitted(title="另一件诉求")
    people.draft(title="别人的草稿")
    assert "另一件诉求" in page_of(people, "office", appeal)
    assert "另一件诉求" not in page_of(people, "handler", appeal)
    assert "别人的草稿" not in page_of(people, "office", appeal)
    assert "别人的草稿" in page_of(people, "specialist", appeal)


def test_markup_in_names_and_texts_stays_text(people: People) -> None:
    people.enterprise.name = "<b>澜川'=𠮷</b>"
    people.enterprise.save()
    appeal = people.submitted(title="<i>断电</i>", description="<script>alert(1)</script>没有电了")
    people.take(appeal, "assign", "office", note="<img src=x>")
    page = page_of(people, "office", appeal)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;没有电了" in page
    assert "&lt;b&gt;澜川&#x27;=𠮷&lt;/b&gt;" in page
    assert "&lt;img src=x&gt;" in page
    assert "<i>断电" not in page


def test_a_long_history_costs_no_more_queries(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    people.submitted(), people.submitted()
    few = cost_of(people.office, appeal.get_absolute_url())
    for number in range(20):
        people.take(appeal, "progress", "handler", note=f"进展{number}")
        people.submitted()
    escalation.apply_ladder(NOW + timedelta(days=90))
    assert cost_of(people.office, appeal.get_absolute_url()) == few


def test_the_enterprises_page_shows_its_appeals(people: People) -> None:
    appeal = people.at(Status.HANDLING)
    page = get(people.specialist, people.enterprise.get_absolute_url())
    assert appeal.get_absolute_url() in page
    assert f"/appeals/new/?enterprise={people.enterprise.pk}" in page
    for _ in range(5):
        people.submitted()
    page = get(people.specialist, people.enterprise.get_absolute_url())
    every = f"/appeals/?q={people.enterprise.credit_code}"
    assert every in page
    assert len(titles(get(people.specialist, every))) == 6
    other = factories.EnterpriseFactory.create()
    assert "没有诉求" in get(people.office, other.get_absolute_url())
