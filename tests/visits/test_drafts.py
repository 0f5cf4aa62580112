"""Drafts: what is typed is kept on the server, comes back with every field, and belongs to one person alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cadres.roles import Role
from tests import factories
from tests.visits.sending import NEW, Team, draft_url, filled, raised, signed_in
from visits.models import Visit, VisitDraft

pytestmark = pytest.mark.django_db

SAVE = "/visits/drafts/save/"
DISCARD = "/visits/drafts/discard/"


@pytest.fixture
def team() -> Team:
    return Team()


def test_a_draft_is_kept_however_wrong_and_changes_nothing_else(team):
    form = filled(team.enterprise, raised(title="长" * 99), visited_on="下周", state=None)
    answer = team.client.post(SAVE, form)
    assert (answer.status_code, answer.content) == (204, b"")
    draft = VisitDraft.objects.get()
    assert (str(draft.client_id), draft.cadre, draft.enterprise) == (
        form["client_id"],
        team.specialist,
        team.enterprise,
    )
    assert not Visit.objects.exists()


def test_saving_again_under_the_same_id_keeps_one_row_and_its_beginning(team):
    form = filled(team.enterprise)
    team.client.post(SAVE, form)
    begun = VisitDraft.objects.get().begun_at
    team.client.post(SAVE, form | {"summary": "后来的"})
    draft = VisitDraft.objects.get()
    assert (draft.data["fields"]["summary"], draft.begun_at) == ("后来的", begun)


def test_every_field_and_row_comes_back(team):
    gone = raised("删掉的") | {"DELETE": "on"}
    form = filled(
        team.enterprise,
        raised("<第一件>'=𠮷", urgency="critical", nature="suggestion"),
        gone,
        raised("第三件", category=""),
        manner="video",
        visited_on="2026-01-01",
        summary="第一行\r\n第二行",
        utilisation="六成",
    )
    team.client.post(SAVE, form)
    page = team.client.get(draft_url(form["client_id"])).context
    shown = {name: page["form"][name].value() for name in page["form"].fields}
    expected = {name: form[name] for name in shown if name != "policies"} | {
        "summary": "第一行\n第二行",
        "policies": [],
    }
    assert {name: value if name == "policies" else str(value) for name, value in shown.items()} == expected
    rows = [{name: row[name].value() for name in row.fields} for row in page["rows"]]
    assert [row["title"] for row in rows] == ["<第一件>'=𠮷", "删掉的", "第三件"]
    assert (rows[0]["urgency"], rows[0]["nature"], rows[2]["category"]) == ("critical", "suggestion", "")
    assert [bool(row["DELETE"]) for row in rows] == [False, True, False]
    assert page["rows"].shown == 2


def test_a_nul_character_does_not_break_the_draft(team):
    answer = team.client.post(SAVE, filled(team.enterprise, raised("一\0二"), summary="前\0后"))
    assert answer.status_code == 204
    assert VisitDraft.objects.get().data["fields"]["summary"] == "前后"


def test_a_form_that_fits_a_draft_offers_it(team):
    form = filled(team.enterprise)
    team.client.post(SAVE, form)
    page = team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()
    saved = timezone.localtime(VisitDraft.objects.get().saved_at)
    assert f"有 {saved:%m-%d %H:%M} 的草稿" in page
    assert f"draft={form['client_id']}" in page
    assert "的草稿" not in team.client.get(draft_url(form["client_id"])).content.decode()


def test_the_list_the_choice_and_a_page_of_their_own_show_the_drafts(team):
    other = factories.EnterpriseFactory.create(name="澜川恒信纺织")
    factories.assign(team.specialist, other)
    for enterprise in (team.enterprise, other):
        team.client.post(SAVE, filled(enterprise))
    for path in ("/visits/", NEW, "/visits/drafts/"):
        page = team.client.get(path).content.decode()
        assert '未提交的草稿<span class="cnt">2</span>' in page.replace("\n", "").replace("  ", ""), path
        assert "澜川恒信纺织" in page


def test_the_button_keeps_a_draft_without_scripts(team):
    form = filled(team.enterprise, raised(), keep="draft", state=None)
    answer = team.client.post(NEW, form, follow=True)
    assert answer.redirect_chain == [("/visits/", 302)]
    assert f"草稿已保存：{team.enterprise.name}" in answer.content.decode()
    assert VisitDraft.objects.get().data["rows"]["appeals"][0]["title"] == "冷库用电负荷不足"


def test_another_enterprise_takes_along_what_is_typed(team):
    other = factories.EnterpriseFactory.create()
    factories.assign(team.specialist, other)
    form = filled(team.enterprise, raised("带走的"), keep="change")
    choice = team.client.post(NEW, form, follow=True)
    assert f"draft={form['client_id']}&amp;enterprise={other.pk}" in choice.content.decode()
    page = team.client.get(f"{draft_url(form['client_id'])}&enterprise={other.pk}").context
    assert page["enterprise"] == other
    assert page["form"]["enterprise"].value() == str(other.pk)
    assert [row["title"].value() for row in page["rows"]] == ["带走的"]
    team.client.post(NEW, form | {"enterprise": str(other.pk), "keep": "draft"})
    assert VisitDraft.objects.get().enterprise == other


def test_giving_up_a_draft_removes_it(team):
    form = filled(team.enterprise)
    team.client.post(SAVE, form)
    answer = team.client.post(DISCARD, {"client_id": form["client_id"], "then": "form"})
    assert answer.url == f"{NEW}?enterprise={team.enterprise.pk}"
    assert not VisitDraft.objects.exists()
    assert team.client.post(DISCARD, {"client_id": form["client_id"]}).status_code == 404


def test_the_newest_draft_stands_first(team):
    old, new = filled(team.enterprise), filled(team.enterprise)
    for form in (old, new):
        team.client.post(SAVE, form)
    VisitDraft.objects.filter(client_id=old["client_id"]).update(saved_at=timezone.now() - timedelta(days=1))
    assert [str(draft.client_id) for draft in team.client.get("/visits/drafts/").context["drafts"]] == [
        new["client_id"],
        old["client_id"],
    ]


class TestSomebodyElse:
    @pytest.fixture
    def colleague(self, team: Team):
        """A specialist of the same enterprise in another campaign."""
        colleague = factories.cadre(Role.SPECIALIST)
        factories.assign(colleague, team.enterprise, factories.CampaignFactory.create(name="三服务"))
        return signed_in(colleague)

    def test_sees_no_draft(self, team, colleague):
        form = filled(team.enterprise)
        team.client.post(SAVE, form)
        assert colleague.get(draft_url(form["client_id"])).status_code == 404
        assert "的草稿" not in colleague.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()
        assert "未提交的草稿" not in colleague.get("/visits/").content.decode()

    def test_changes_no_draft(self, team, colleague):
        form = filled(team.enterprise)
        team.client.post(SAVE, form)
        assert colleague.post(SAVE, form | {"summary": "别人的"}).status_code == 409
        assert colleague.post(DISCARD, {"client_id": form["client_id"]}).status_code == 404
        assert VisitDraft.objects.get().data["fields"]["summary"] == "车间正常生产"


def test_a_draft_of_a_visit_that_is_stored_is_refused(team):
    form = filled(team.enterprise)
    team.client.post(NEW, form)
    assert team.client.post(SAVE, form).status_code == 409
    assert team.client.get(draft_url(form["client_id"])).url == Visit.objects.get().get_absolute_url()
    assert not VisitDraft.objects.exists()


def test_an_expired_session_says_so_and_the_draft_is_there_after_signing_in(team):
    form = filled(team.enterprise, raised("没丢的"))
    team.client.post(SAVE, form)
    team.client.logout()
    late = team.client.post(SAVE, form | {"summary": "太晚"}, headers={"HX-Request": "true"})
    assert late.status_code == 401
    sent = team.client.post(f"{NEW}?enterprise={team.enterprise.pk}", form)
    assert sent.url == f"{reverse('login')}?next=/visits/new/%3Fenterprise%3D{team.enterprise.pk}"
    team.client.force_login(team.specialist)
    page = team.client.get(f"{NEW}?enterprise={team.enterprise.pk}").content.decode()
    assert f"draft={form['client_id']}" in page
    assert "没丢的" in team.client.get(draft_url(form["client_id"])).content.decode()


@pytest.mark.parametrize("bad", ["x", "", "9ba4d1ff-ede2-4318-a076-43a4d5c9e2fc"])
def test_an_unknown_draft_is_not_found(team, bad):
    assert team.client.get(draft_url(bad)).status_code == 404


def test_a_draft_without_an_id_is_refused(team):
    assert team.client.post(SAVE, filled(team.enterprise, client_id=None)).status_code == 400
