"""The form's rules, each with the sentence that it says, and what it makes of a good visit."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import Status
from cadres.models import Outbox
from cadres.roles import Role
from enterprises.models import Assignment, OperatingStatus
from tests import factories
from tests.visits.sending import NEW, Team, day, filled, raised, signed_in
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


def test_a_visit_is_stored_with_its_facts_status_and_appeals(team):
    answer = team.send(raised("跨区车辆滞留", urgency="critical"), raised("宿舍增容", nature="suggestion"))
    visit = Visit.objects.get()
    assert answer.status_code == 302
    assert answer.url == visit.get_absolute_url()
    assert visit.number == f"ZF990102{timezone.localdate():%Y%m%d}0001"
    assert (visit.cadre, visit.entered_by, visit.enterprise) == (team.specialist, team.specialist, team.enterprise)
    assert (visit.receiver_name, visit.hours, visit.manner) == ("李红梅", "10:05–10:50", "on_site")
    status = OperatingStatus.objects.get()
    assert (status.day, status.state, status.due, status.on_duty) == (day(), "partial", 146, 131)
    assert (status.utilisation, status.kwh, status.source, status.reported_by) == (55.5, 1200, "visit", team.specialist)
    appeals = visit.appeals.order_by("pk")
    assert [(one.title, one.urgency, one.nature) for one in appeals] == [
        ("跨区车辆滞留", "critical", "difficulty"),
        ("宿舍增容", "ordinary", "suggestion"),
    ]
    assert {(one.status, one.source, one.enterprise) for one in appeals} == {
        (Status.PENDING, Appeal.Source.VISIT, team.enterprise)
    }
    team.enterprise.refresh_from_db()
    assert team.enterprise.last_contact_on == day()


def test_the_office_is_told_of_the_appeals_and_the_visitor_of_the_number(team):
    answer = team.client.post(NEW, filled(team.enterprise, raised()), follow=True)
    visit = Visit.objects.get()
    assert f"走访已登记，编号 {visit.number}，随单提交诉求 1 件" in answer.content.decode()
    assert [row.subject for row in Outbox.objects.all()] == ["请受理新诉求：冷库用电负荷不足"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"manner": None}, "走访方式：请选择"),
        ({"manner": "letter"}, "走访方式：“letter”不是可选的值"),
        ({"visited_on": ""}, "走访日期：请填写"),
        ({"visited_on": "昨天"}, "走访日期：请填日期，如 2026-11-20"),
        ({"visited_on": partial(day, 1)}, "走访日期：不能晚于今天"),
        ({"visited_on": partial(day, -32)}, "走访日期：只能补记最近 31 天的走访"),
        ({"arrived_at": "25:00"}, "到达时间：请填时间，如 10:12"),
        ({"arrived_at": "10:05", "left_at": "09:00"}, "离开时间：不能早于到达时间"),
        ({"receiver_name": "李" * 41}, "接待人：最多 40 字，现有 41 字"),
        ({"receiver_title": "长" * 41}, "接待人职务：最多 40 字，现有 41 字"),
        ({"summary": "好" * 1001}, "走访情况：最多 1000 字，现有 1001 字"),
        ({"state": None}, "复工状态：请选择复工状态"),
        ({"state": "maybe"}, "复工状态：“maybe”不是可选的值"),
        ({"due": "一百"}, "应到人数：请填整数"),
        ({"due": "-1"}, "应到人数：不能小于 0"),
        ({"on_duty": "1000001"}, "在岗人数：不能大于 1000000"),
        ({"utilisation": "200.01"}, "产能利用率：不能大于 200"),
        ({"utilisation": "-0.5"}, "产能利用率：不能小于 0"),
        ({"utilisation": "六成"}, "产能利用率：请填数字"),
        ({"utilisation": "NaN"}, "产能利用率：请填数字"),
        ({"kwh": "-3"}, "用电量：不能小于 0"),
        ({"kwh": "1e13"}, "用电量：不能大于 1000000000"),
        ({"kwh": "1.234"}, "用电量：确认小数不超过 2 位."),
        ({"safety": "好" * 1001}, "安全与防疫措施：最多 1000 字，现有 1001 字"),
        ({"policies_explained": "好" * 1001}, "其他宣讲内容：最多 1000 字，现有 1001 字"),
        ({"suggestions": "好" * 1001}, "意见建议：最多 1000 字，现有 1001 字"),
        ({"next_contact_on": day}, "下次联系：要晚于今天"),
        ({"next_contact_on": partial(day, 367)}, "下次联系：最多约到一年以内"),
        ({"next_contact_on": "下周"}, "下次联系：请填日期，如 2026-11-20"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(team, fields, sentence):
    answer = team.send(raised(), **fields)
    assert answer.status_code == 422
    assert sentence in _lines(answer)
    assert not Visit.objects.exists()
    assert not OperatingStatus.objects.exists()
    assert not Appeal.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "诉求 2：诉求标题：请填写"),
        ({"title": "长" * 41}, "诉求 2：诉求标题：最多 40 字，现有 41 字"),
        ({"title": "\u200b\u200b"}, "诉求 2：诉求标题：请填写"),
        ({"category": ""}, "诉求 2：诉求类别：请选择"),
        ({"category": "9999"}, "诉求 2：诉求类别：“9999”不是可选的值"),
        ({"urgency": ""}, "诉求 2：建议紧急程度：请选择"),
        ({"nature": "x"}, "诉求 2：诉求性质：“x”不是可选的值"),
        ({"description": ""}, "诉求 2：诉求描述：请填写"),
        ({"description": "九个字九个字九个字"}, "诉求 2：诉求描述：至少 10 字，现有 9 字"),
        ({"description": "长" * 1001}, "诉求 2：诉求描述：最多 1000 字，现有 1001 字"),
    ],
)
def test_what_is_wrong_with_an_appeal_names_its_row(team, fields, sentence):
    answer = team.send(raised(), raised(**fields))
    assert answer.status_code == 422
    assert sentence in _lines(answer)
    assert not Visit.objects.exists()


def test_a_row_left_empty_is_refused_rather_than_lost(team):
    answer = team.send({"urgency": "ordinary", "nature": "difficulty"})
    assert answer.status_code == 422
    assert {"诉求 1：诉求标题：请填写", "诉求 1：诉求类别：请选择"} <= set(_lines(answer))


def test_the_limits_themselves_are_good(team):
    answer = team.send(
        raised("长" * 40, description="好" * 1000),
        visited_on=day(-31),
        utilisation="200",
        next_contact_on=day(1),
        description="十" * 10,
        arrived_at="10:05",
        left_at="10:05",
    )
    assert answer.status_code == 302, _lines(answer)


def test_line_breaks_of_a_phone_count_as_one_character(team):
    answer = team.send(summary="\r\n".join(["九个字九个字九个字"] * 100))
    assert answer.status_code == 302, _lines(answer)
    assert "\r" not in Visit.objects.get().summary


def test_the_last_report_is_recalled_on_a_refused_form_too(team):
    factories.status(team.enterprise, day(-1), "partial", on_duty=131)
    page = team.send(state=None).content.decode()
    assert f"上次 部分复工（{day(-1):%m-%d}）" in page
    assert f"上次 131 人（{day(-1):%m-%d}）" in page


def test_typed_values_come_back_with_the_refusal(team):
    answer = team.send(raised("<b>'=𠮷"), state=None, due="一百", receiver_name="<i>李'=𠮷")
    page = answer.content.decode()
    assert 'value="一百"' in page
    assert "&lt;i&gt;李&#x27;=𠮷" in page
    assert "&lt;b&gt;&#x27;=𠮷" in page
    assert "<b>'=𠮷" not in page


def test_names_with_unusual_characters_are_stored_and_shown_as_they_are(team):
    team.enterprise.name = "澜川<b>'=𠮷"
    team.enterprise.save()
    team.send(raised("<b>'=𠮷诉求"), receiver_name="李'=𠮷")
    visit = Visit.objects.get()
    assert (visit.receiver_name, visit.appeals.get().title) == ("李'=𠮷", "<b>'=𠮷诉求")
    page = team.client.get(visit.get_absolute_url()).content.decode()
    assert "澜川&lt;b&gt;&#x27;=𠮷" in page
    assert "&lt;b&gt;&#x27;=𠮷诉求" in page


def test_stray_blanks_and_wide_digits_are_tidied(team):
    team.send(raised(" 缺 电１２ 度 "), receiver_name=" 李\u200b红梅　", utilisation="８０", due="１４６")
    visit = Visit.objects.get()
    assert (visit.receiver_name, visit.appeals.get().title) == ("李红梅", "缺 电12 度")
    assert (OperatingStatus.objects.get().utilisation, OperatingStatus.objects.get().due) == (80, 146)


def test_twenty_appeals_go_in_with_one_visit(team):
    answer = team.send(*(raised(f"诉求之{number}") for number in range(20)))
    assert answer.status_code == 302
    assert Visit.objects.get().appeals.count() == 20
    assert Appeal.objects.filter(status=Status.PENDING).values("number").distinct().count() == 20


def test_more_than_a_hundred_appeals_are_too_many(team):
    answer = team.send(*(raised() for _ in range(101)))
    assert "一次走访最多登记 100 件诉求" in _lines(answer)


def test_a_deleted_row_is_not_judged_and_the_others_are_numbered_anew(team):
    answer = team.send({"DELETE": "on"}, raised(title=""))
    assert _lines(answer) == ["诉求 1：诉求标题：请填写"]
    assert team.send({"DELETE": "on"}, raised("留下的")).status_code == 302
    assert [one.title for one in Appeal.objects.all()] == ["留下的"]


def test_rows_are_added_and_taken_away_without_scripts(team):
    page = team.send(raised("第一件"), add_row="appeals", receiver_name="李红梅", state=None)
    assert page.status_code == 200
    assert [row["title"].value() for row in page.context["rows"]] == ["第一件", None]
    assert page.context["form"]["receiver_name"].value() == "李红梅"
    assert not page.context["form"].errors
    page = team.send(raised("第一件"), raised("第二件"), delete_row="appeals-0")
    assert [row["title"].value() for row in page.context["rows"]] == ["第二件"]
    assert not Visit.objects.exists()


def test_a_late_entry_does_not_turn_the_last_contact_back(team):
    team.send(visited_on=day(-2))
    team.send(visited_on=day(-9))
    team.enterprise.refresh_from_db()
    assert team.enterprise.last_contact_on == day(-2)


def test_a_number_left_out_keeps_what_was_reported_of_the_day(team):
    factories.status(team.enterprise, day(), "full", due=200, kwh=999)
    team.send(state="partial", due="", on_duty="120", utilisation="", kwh="")
    status = OperatingStatus.objects.get()
    assert (status.state, status.due, status.on_duty, status.kwh) == ("partial", 200, 120, 999)


def test_more_people_than_due_is_stored_with_a_doubt(team):
    answer = team.client.post(NEW, filled(team.enterprise, due="100", on_duty="120"), follow=True)
    assert "在岗 120 人多于应到 100 人" in answer.content.decode()
    assert OperatingStatus.objects.get().on_duty == 120


def test_an_assistant_enters_the_visit_of_the_team_leader(team):
    leader = factories.cadre(Role.TEAM_LEADER, name="郑国栋")
    factories.assign(leader, team.enterprise, role=Assignment.Role.LEADER)
    page = team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()
    assert "郑国栋（包联领导）" in page
    team.send(raised(), visitor=leader.pk)
    visit = Visit.objects.get()
    assert (visit.cadre, visit.entered_by) == (leader, team.specialist)
    assert visit.appeals.get().registered_by == team.specialist
    assert OperatingStatus.objects.get().reported_by == team.specialist
    assert Outbox.objects.filter(subject=f"已代你登记走访：{team.enterprise.name}").count() == 1


def test_nobody_enters_a_visit_for_those_outside_the_team(team):
    other = factories.cadre(Role.TEAM_LEADER)
    leader = factories.cadre(Role.TEAM_LEADER)
    factories.assign(leader, team.enterprise, role=Assignment.Role.LEADER)
    answer = team.send(visitor=other.pk)
    assert answer.status_code == 422
    assert f"走访人：“{other.pk}”不是可选的值" in _lines(answer)
    alone = Team(factories.EnterpriseFactory.create())
    assert "visitor" not in alone.client.get(f"{NEW}?enterprise={alone.enterprise.pk}").context["form"].fields


def test_what_is_known_of_the_enterprise_stands_on_the_form(team):
    colleague = factories.cadre(Role.SPECIALIST, name="赵明")
    factories.status(team.enterprise, day(-1), "partial", on_duty=131, utilisation=55)
    factories.appeal(team.enterprise, team.specialist)
    other = factories.CampaignFactory.create(name="三服务")
    factories.assign(colleague, team.enterprise, other)
    team.send(client=signed_in(colleague), visited_on=day(-3))
    page = team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()
    assert "近 7 天已有人走访：赵明" in page
    assert "上次走访 3 天前" in page
    assert "在办诉求 1 件" in page
    assert f"上次 131 人（{day(-1):%m-%d}）" in page
    assert f"上次 55%（{day(-1):%m-%d}）" in page
    assert f"上次 部分复工（{day(-1):%m-%d}）" in page


def test_a_visit_of_eight_days_ago_is_no_warning(team):
    team.send(visited_on=day(-8))
    assert "近 7 天已有人走访" not in team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()


def _lines(answer) -> list[str]:
    """What the red box says."""
    from cadres.templatetags.ui import error_lines

    parts = (answer.context["form"], answer.context["rows"])
    return [text for part in parts for text, _ in error_lines(part, "诉求")]
