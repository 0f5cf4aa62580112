"""What else one form tells: policies explained, policy facts, difficulties solved on the spot, the next contact."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals.models import Appeal
from appeals.workflow import Status as AppealStatus
from cadres.roles import Role
from enterprises.models import Assignment, Enterprise, OperatingStatus
from policies.models import Fulfilment, Item, Policy
from policies.workflow import Status
from tests import factories
from tests.visits.sending import NEW, Team, day, draft_url, filled, raised, signed_in
from tests.visits.sending import visit as stored_visit
from visits.contact import due_for_contact
from visits.models import Visit, VisitDraft
from workflow.steps import Actor

pytestmark = pytest.mark.django_db
YEAR = f"{timezone.localdate():%Y}"


@pytest.fixture
def team() -> Team:
    return Team()


def policy(title: str = "稳岗扩岗二十条", **fields) -> Policy:
    values = {"region": factories.city(), "entered_at": timezone.now()}
    return Policy.objects.get_or_create(title=title, defaults=values | fields)[0]


def item(of: Policy | None = None, name: str = "稳岗返还", **fields) -> Item:
    values = {"department": factories.DepartmentFactory.create(), "amount": Decimal(50_000)}
    return Item.objects.create(policy=of or policy(), name=name, **(values | fields))


def told(about: Item, kind: str = "heard", text: str = "", period: str = YEAR) -> dict[str, str]:
    return {"item": f"{about.pk}:{period}", "kind": kind, "text": text}


def with_facts(*facts: dict[str, str]) -> dict[str, object]:
    fields: dict[str, object] = {"facts-TOTAL_FORMS": len(facts), "facts-INITIAL_FORMS": 0}
    for index, fact in enumerate(facts):
        fields |= {f"facts-{index}-{name}": value for name, value in fact.items()}
    return fields


def solved(**fields) -> dict[str, object]:
    values = {"settled": "on", "done": "当场协调供电所恢复供电", "agreed_by": "李红梅 厂长"}
    return raised("车间停电", **(values | fields))


class TestPoliciesExplained:
    def test_policies_in_force_are_offered_and_kept_with_the_visit(self, team):
        current = policy("金融纾困十条")
        policy("已过期的", valid_until=day(-1))
        policy("还没生效的", valid_from=day(1))
        policy("外区的", region=factories.district(7))
        page = team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").context
        assert page["form"].fields["policies"].choices == [(current.pk, "金融纾困十条")]
        form = filled(team.enterprise) | {"policies": [str(current.pk)]}
        assert team.client.post(NEW, form).status_code == 302
        visit = Visit.objects.get()
        assert visit.explained == "《金融纾困十条》；稳岗返还"
        assert "《金融纾困十条》；稳岗返还" in team.client.get(visit.get_absolute_url()).content.decode()

    def test_one_that_is_not_offered_is_refused(self, team):
        foreign = policy("外区的", region=factories.district(7))
        refused = team.client.post(NEW, filled(team.enterprise) | {"policies": [str(foreign.pk)]})
        assert refused.status_code == 422
        assert not Visit.objects.exists()

    def test_ticks_come_back_from_a_draft(self, team):
        chosen = [policy("甲").pk, policy("乙").pk]
        form = filled(team.enterprise) | {"policies": [str(key) for key in chosen]}
        team.client.post("/visits/drafts/save/", form)
        page = team.client.get(draft_url(form["client_id"]))
        assert page.context["form"]["policies"].value() == [str(key) for key in chosen]
        ticked = re.findall(r'<input type="checkbox" name="policies" value="(\d+)"[^>]* checked', page.content.decode())
        assert sorted(map(int, ticked)) == chosen


class TestPolicyFacts:
    def test_each_kind_goes_into_the_ledger_in_the_visits_own_act(self, team):
        about = [item(name=name) for name in ("知晓的", "申报的", "卡住的")]
        facts = with_facts(told(about[0]), told(about[1], "declared"), told(about[2], "blocked", "社保系统对不上<b>"))
        answer = team.client.post(NEW, filled(team.enterprise) | facts, follow=True)
        assert "记下政策兑现情况 3 条" in answer.content.decode()
        rows = {row.item.name: row for row in Fulfilment.objects.select_related("item")}
        assert {row.enterprise_id for row in rows.values()} == {team.enterprise.pk}
        assert rows["知晓的"].heard_on == day()
        assert (rows["申报的"].status, rows["申报的"].declared_on) == (Status.DECLARED, day())
        assert rows["卡住的"].block == "社保系统对不上<b>"

    def test_the_enterprises_own_rows_are_offered_first_with_their_period(self, team):
        about = item()
        team.client.post(NEW, filled(team.enterprise) | with_facts(told(about, period=YEAR)))
        other = item(policy("金融纾困十条"), "贷款贴息")
        page = team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").context
        groups = page["facts"].empty_form.fields["item"].choices
        assert list(groups) == [
            ("", "请选择"),
            ("本企业的政策兑现事项", [(f"{about.pk}:{YEAR}", f"稳岗返还（{YEAR}年 · 待核实）")]),
            ("金融纾困十条", [(f"{other.pk}:{YEAR}", f"贷款贴息（{YEAR}年）")]),
        ]

    @pytest.mark.parametrize(
        ("fact", "sentence"),
        [
            ({"kind": "blocked"}, "政策兑现情况 1：说明：有堵点的请写明卡在哪里"),
            ({"item": ""}, "政策兑现情况 1：政策事项：请选择"),
            ({"item": "999:2026"}, "政策兑现情况 1：政策事项："),
            ({"kind": "hurray"}, "政策兑现情况 1：兑现情况："),
        ],
    )
    def test_a_wrong_fact_is_refused_and_nothing_is_stored(self, team, fact, sentence):
        facts = with_facts(told(item()) | fact)
        refused = team.client.post(NEW, filled(team.enterprise) | facts)
        assert refused.status_code == 422
        assert sentence in refused.content.decode()
        assert not Visit.objects.exists()
        assert not Fulfilment.objects.exists()

    def test_a_fact_that_can_not_be_any_more_refuses_the_whole_form_with_its_sentence(self, team):
        about = item()
        team.client.post(NEW, filled(team.enterprise) | with_facts(told(about)))
        Fulfilment.objects.get().take(
            "waive", by=Actor.of(team.specialist), now=timezone.now(), waived_by="厂长", reason="不需要"
        )
        form = filled(team.enterprise, raised()) | with_facts(told(about, "declared"))
        refused = team.client.post(NEW, form)
        assert refused.status_code == 422
        assert "放弃" in refused.content.decode()
        assert (Visit.objects.count(), Appeal.objects.count()) == (1, 0)

    def test_sending_again_writes_nothing_twice(self, team):
        form = filled(team.enterprise) | with_facts(told(item(), "declared"))
        for _ in range(2):
            team.client.post(NEW, form)
        assert Fulfilment.objects.get().events.count() == 2  # entitled, declared

    def test_a_row_is_added_and_taken_away_without_scripts(self, team):
        form = filled(team.enterprise) | with_facts(told(item()))
        more = team.client.post(NEW, form | {"add_row": "facts"})
        assert more.context["facts"].total_form_count() == 2
        less = team.client.post(NEW, form | {"delete_row": "facts-0"})
        assert less.context["facts"].total_form_count() == 0

    def test_a_form_without_facts_asks_for_no_items(self, team):
        item()
        team.send()
        with CaptureQueriesContext(connection) as queries:
            team.send()
        assert not [one["sql"] for one in queries if "policies_" in one["sql"] and "visits_visit" not in one["sql"]]


class TestSolvedOnTheSpot:
    def test_it_waits_for_its_close_and_tells_what_was_done_and_who_agreed(self, team):
        answer = team.send(solved(), raised("另一件"), manner="phone")
        assert answer.status_code == 302
        spot, other = Appeal.objects.order_by("title").get(title="车间停电"), Appeal.objects.get(title="另一件")
        assert (spot.status, other.status) == (AppealStatus.CLOSING, AppealStatus.PENDING)
        assert (spot.reply, spot.confirmed_by, spot.confirmed_how) == ("当场协调供电所恢复供电", "李红梅 厂长", "phone")
        page = team.client.get(answer.url).content.decode()
        assert "随单提交诉求 1 件，现场办结 1 件" in page

    @pytest.mark.parametrize("missing", ["done", "agreed_by"])
    def test_what_was_done_and_who_agreed_must_be_said(self, team, missing):
        refused = team.send(solved(**{missing: "  "}))
        assert refused.status_code == 422
        assert "现场已解决的请填写" in refused.content.decode()
        assert not Appeal.objects.exists()

    def test_what_is_typed_without_the_tick_is_no_settlement(self, team):
        team.send(solved(settled=None))
        assert Appeal.objects.get().status == AppealStatus.PENDING

    def test_a_team_leader_is_not_offered_it(self, team):
        leader = factories.cadre(Role.TEAM_LEADER)
        factories.assign(leader, team.enterprise, role=Assignment.Role.LEADER)
        client = signed_in(leader)
        assert "现场已解决" not in client.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()
        team.send(solved(), client=client)
        assert Appeal.objects.get().status == AppealStatus.PENDING


class TestNextContact:
    def test_day_and_manner_are_kept_and_shown(self, team):
        team.send(next_contact_on=day(3), next_contact_manner="video")
        visit = Visit.objects.get()
        assert visit.next_contact == f"{day(3):%Y-%m-%d} 视频"
        assert visit.next_contact in team.client.get(visit.get_absolute_url()).content.decode()
        assert (
            f'约定的下次联系：<b class="num">{visit.next_contact}</b>（王晓敏约定）'
            in team.client.get(team.enterprise.get_absolute_url()).content.decode()
        )

    def test_without_a_day_there_is_no_manner(self, team):
        team.send()
        assert Visit.objects.get().next_contact_manner == ""

    @pytest.mark.parametrize(("on", "said"), [(0, "，就在今天）"), (-1, "，已过期）"), (1, "约定）")])
    def test_the_enterprises_page_says_when_it_has_come(self, team, on, said):
        stored_visit(team, visited_on=day(-5), next_contact_on=day(on), next_contact_manner="phone")
        assert said in team.client.get(team.enterprise.get_absolute_url()).content.decode()

    def test_the_workbench_names_the_agreement_where_it_is_what_falls_due(self, team):
        Enterprise.objects.update(last_contact_on=day(-3))
        stored_visit(team, visited_on=day(-3), next_contact_on=day(-1), next_contact_manner="phone")
        page = team.client.get("/?show=today").content.decode()
        assert f"约定 {day(-1):%m-%d} 电话联系" in page
        Visit.objects.update(next_contact_on=day(1))
        assert "电话联系" not in team.client.get("/?show=today").content.decode()

    def test_a_later_visit_settles_the_agreement(self, team):
        Enterprise.objects.update(last_contact_on=day())
        stored_visit(team, visited_on=day(-3), next_contact_on=day(-1))
        stored_visit(team, visited_on=day())
        assert not due_for_contact(team.specialist, day()).exists()
        assert "约定的下次联系" not in team.client.get(team.enterprise.get_absolute_url()).content.decode()


def test_everything_at_once_or_nothing(team):
    about = item()
    form = filled(team.enterprise, solved(), raised("第二件")) | with_facts(told(about, "blocked", "窗口不收材料"))
    team.client.post(NEW, form | {"facts-0-text": "长" * 501})
    assert not any(model.objects.exists() for model in (Visit, Appeal, Fulfilment, OperatingStatus, VisitDraft))
    team.client.post(NEW, form)
    assert (Visit.objects.count(), Appeal.objects.count(), Fulfilment.objects.count()) == (1, 2, 1)
    assert Visit.objects.get().logged_at - timezone.now() < timedelta(seconds=10)
