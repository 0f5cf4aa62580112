"""Earlier appeals in the form of a visit: what is said of each becomes a comment on its case, with the visit."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appeals.models import Appeal, Comment
from cadres.models import Outbox
from cadres.roles import Role
from tests import factories
from tests.visits.sending import NEW, Team, draft_url, filled, raised, signed_in
from visits.following import follow_up
from visits.logging import log_visit
from visits.models import Visit, VisitDraft
from workflow.steps import Actor, IllegalStepError

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team()


def earlier(team: Team, title: str = "外地员工无法返岗", **fields) -> Appeal:
    return factories.appeal(team.enterprise, team.specialist, title=title, **fields)


def withdraw(appeal: Appeal, by) -> None:
    appeal.take("withdraw", by=Actor.of(by), now=timezone.now(), note="企业已自行解决")


def said_of(appeal: Appeal, text: str = "直达班车已谈妥") -> dict[str, str]:
    return {f"follow_up-{appeal.pk}": text}


def page_of(team: Team, client=None) -> str:
    page = (client or team.client).get(f"{NEW}?enterprise={team.enterprise.pk}")
    return html.unescape(page.content.decode())


def told_in(answer) -> str:
    return html.unescape(answer.content.decode())


class TestTheForm:
    def test_the_open_appeals_of_the_enterprise_are_listed_and_no_others(self, team):
        one = earlier(team, "冷库 <用电>")
        withdraw(earlier(team, "已撤回的"), team.specialist)
        earlier(team, "还是草稿的", submit=False)
        factories.appeal(title="别家的")
        page = page_of(team)
        assert f'name="follow_up-{one.pk}"' in page
        assert page.count('name="follow_up-') == 1
        assert "跟进“冷库 <用电>”" in page

    def test_an_enterprise_without_open_appeals_has_no_such_part(self, team):
        assert "visit-follows" not in page_of(team)

    def test_what_is_said_becomes_a_comment_that_names_the_visit(self, team):
        registrar = factories.cadre(Role.OFFICE, region=team.enterprise.region)
        one, other = factories.appeal(team.enterprise, registrar), earlier(team, "没有新情况的")
        answer = team.send(**said_of(one, " 直达班车已谈妥\r\n下周发车 "), **said_of(other, "  "))
        visit = Visit.objects.get()
        comment = Comment.objects.get()
        assert (comment.appeal, comment.cadre) == (one, team.specialist)
        day = f"{visit.visited_on:%Y-%m-%d}"
        assert comment.text == f"走访跟进（{visit.number}，{day} 实地）：直达班车已谈妥\n下周发车"
        assert [comment.pk] == [row.pk for row in visit.follow_ups.all()]
        assert Outbox.objects.filter(key=f"appeal-comment:{comment.pk}").exists()
        page = told_in(team.client.get(answer.url))
        assert "跟进以往诉求 1 件" in page
        assert f'href="{one.get_absolute_url()}"' in page
        assert "直达班车已谈妥<br>下周发车" in page
        assert other.get_absolute_url() not in page
        assert visit.number in told_in(team.client.get(one.get_absolute_url()))

    def test_a_repeat_comments_once(self, team):
        form = filled(team.enterprise, **said_of(earlier(team)))
        assert team.client.post(NEW, form).url == team.client.post(NEW, form).url
        assert (Visit.objects.count(), Comment.objects.count()) == (1, 1)

    def test_too_long_a_text_is_refused_and_comes_back(self, team):
        answer = team.send(**said_of(earlier(team), "长" * 401))
        assert answer.status_code == 422
        assert "长" * 401 in told_in(answer)
        assert not Visit.objects.exists()
        assert team.send(**said_of(earlier(team, "另一件"), "长" * 400)).status_code == 302

    def test_a_refusal_for_another_reason_shows_the_part_again(self, team):
        one = earlier(team)
        assert f'name="follow_up-{one.pk}"' in told_in(team.send(state=None))
        refused = told_in(team.send(state=None, **said_of(one, "留着的话")))
        assert "留着的话" in refused

    def test_an_appeal_that_ended_meanwhile_is_named_and_nothing_is_stored(self, team):
        one, other = earlier(team), earlier(team, "还在办的")
        withdraw(one, team.specialist)
        answer = team.send(raised(), **said_of(one), **said_of(other, "在谈"))
        assert answer.status_code == 422
        page = told_in(answer)
        assert "跟进“外地员工无法返岗”：该诉求现为“已撤回”，不能再跟进" in page
        assert "直达班车已谈妥" in page
        assert not Visit.objects.exists()
        assert not Comment.objects.exists()
        assert Appeal.objects.count() == 2

    @pytest.mark.parametrize("key", ["foreign", "999999999999999999", "draft of another"])
    def test_an_appeal_that_is_not_the_enterprises_is_refused_with_its_text(self, team, key):
        if key == "foreign":
            other = factories.EnterpriseFactory.create()
            factories.assign(team.specialist, other)
            key = str(factories.appeal(other, team.specialist).pk)
        elif key == "draft of another":
            key = str(factories.appeal(team.enterprise, factories.cadre(Role.SPECIALIST), submit=False).pk)
        answer = team.send(**{f"follow_up-{key}": "写错地方的话"})
        assert answer.status_code == 422
        assert "有 1 条跟进没有带上，请看“企业诉求”" in told_in(answer)
        assert "不会提交：“写错地方的话”" in told_in(answer)
        assert not Visit.objects.exists()

    @pytest.mark.parametrize(
        "name", ["follow_up-", "follow_up-x", "follow_up-٣", "follow_up-01", f"follow_up-{'9' * 30}"]
    )
    def test_names_that_mean_no_appeal_are_passed_over(self, team, name):
        assert team.send(**{name: "什么"}).status_code == 302
        assert not Comment.objects.exists()

    def test_a_draft_keeps_what_is_typed_even_of_an_appeal_that_ended(self, team):
        one, other = earlier(team), earlier(team, "还在办的")
        form = filled(team.enterprise, **said_of(one, "第一件的话\0"), **said_of(other, "第二件的话"))
        assert team.client.post(NEW, form | {"keep": "draft"}).status_code == 302
        assert VisitDraft.objects.get().data["follow_ups"] == {str(one.pk): "第一件的话", str(other.pk): "第二件的话"}
        withdraw(one, team.specialist)
        page = told_in(team.client.get(draft_url(form["client_id"])))
        assert "第一件的话" in page
        assert "第二件的话" in page

    def test_a_button_for_rows_keeps_what_is_typed(self, team):
        form = filled(team.enterprise, **said_of(earlier(team), "没写完"))
        assert "没写完" in told_in(team.client.post(NEW, form | {"add_row": "appeals"}))

    def test_the_page_takes_as_many_queries_for_two_as_for_ten(self, team):
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                page_of(team)
            return len(queries)

        earlier(team)
        earlier(team)
        count()
        few = count()
        for _ in range(8):
            earlier(team)
        assert count() == few


class TestTheVisit:
    def test_who_may_not_see_the_case_does_not_see_the_follow_up(self, team):
        one = earlier(team)
        team.send(**said_of(one, "不便外传的话"))
        visit = Visit.objects.get()
        other = factories.cadre(Role.SPECIALIST, region=team.enterprise.region)
        Visit.objects.update(cadre=other)
        page = told_in(signed_in(other).get(visit.get_absolute_url()))
        assert "不便外传的话" not in page
        assert "跟进的诉求" not in page


class TestTheAct:
    def log(self, team: Team, texts: dict[int, str]) -> Visit:
        logged = log_visit(
            team.enterprise,
            by=team.specialist,
            client_id=uuid4(),
            now=timezone.now(),
            status={"state": "full"},
            follow_ups=texts,
            visited_on=timezone.localdate(),
        )
        return logged.visit

    def test_all_or_none(self, team):
        one, ended, foreign = earlier(team), earlier(team, "结束的"), factories.appeal()
        withdraw(ended, team.specialist)
        with pytest.raises(IllegalStepError, match="诉求“结束的”现为“已撤回”，不能再跟进"):
            self.log(team, {one.pk: "甲", ended.pk: "乙"})
        with pytest.raises(IllegalStepError, match="不属于这家企业，或不在你的工作范围内"):
            self.log(team, {one.pk: "甲", foreign.pk: "乙"})
        assert not Visit.objects.exists()
        assert not Comment.objects.exists()

    def test_who_may_not_comment_follows_nothing_up(self, team):
        one = earlier(team)
        visit = self.log(team, {})
        leader = factories.cadre(Role.LEADER, region=factories.city())
        with pytest.raises(IllegalStepError, match="不能再跟进"):
            follow_up(visit, {one.pk: "甲"}, by=leader, now=timezone.now())
        assert not Comment.objects.exists()
