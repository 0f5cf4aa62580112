"""The menu: what each role finds in it, which counts, and what phones offer at the bottom."""

import re
from datetime import datetime

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from cadres import counting, menu
from cadres.models import Cadre
from cadres.roles import ADMINISTRATORS, Role
from tests.factories import cadre

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sample_pages")]


def labels(items) -> list[str]:
    return [item.entry.label for item in items]


def test_a_specialist_visits_and_does_not_supervise():
    found = labels(menu.items_for(cadre(Role.SPECIALIST)))
    assert "走访登记" in found
    assert "升级督办" not in found


def test_a_supervisor_has_the_queue_and_logs_no_visits():
    found = labels(menu.items_for(cadre(Role.SUPERVISOR)))
    assert "升级督办" in found
    assert "走访登记" not in found


def test_an_administrator_sees_no_business():
    found = labels(menu.items_for(cadre(Role.SECADMIN)))
    assert found == ["我的工作台", "消息", "角色授权", "登录锁定", "角色权限"]


def test_a_page_that_is_not_built_is_not_in_the_menu():
    everything = labels(menu.items_for(cadre(*(set(Role) - ADMINISTRATORS))))
    assert "走访记录" in everything
    assert "专项行动" not in everything


def test_nobody_without_a_role_finds_anything():
    assert menu.items_for(cadre()) == []


def test_rows_are_counted_that_the_callable_answers_which_settings_name(settings):
    settings.MENU_COUNTS = {"appeals:list": "tests.frontend.test_menu.namesakes"}
    mine, _ = cadre(Role.HANDLER, name="赵明"), cadre(Role.HANDLER, name="赵明")
    counts = counting.ask(mine, menu.counts(mine, menu.counting(mine), timezone.now()))
    items = {item.entry.label: item.count for item in menu.items_for(mine, counts)}
    assert items["诉求清单"] == 2
    assert items["企业名录"] is None


def namesakes(cadre: Cadre, now: datetime) -> QuerySet[Cadre]:
    return Cadre.objects.filter(name=cadre.name)


def test_the_page_being_shown_is_marked_once(client, somebody):
    client.force_login(somebody)
    sidebar = client.get("/appeals/escalations/").content.decode().split('class="sidebar"')[1].split("</nav>")[0]
    marked = re.findall(r'aria-current="page">(.*?)</a>', sidebar, re.DOTALL)
    assert [re.sub(r"<.*?>|\s", "", item) for item in marked] == ["升级督办"]


def test_a_detail_page_marks_the_list_of_its_app():
    items = menu.items_for(cadre(Role.HANDLER), current="appeals:detail")
    assert [item.entry.label for item in items if item.current] == ["诉求清单"]


@pytest.mark.parametrize(
    ("role", "tabs"),
    [
        (Role.SPECIALIST, ["工作台", "企业", "记走访", "走访", "诉求"]),
        (Role.SUPERVISOR, ["工作台", "企业", "走访", "诉求", "督办"]),
        (Role.HANDLER, ["工作台", "企业", "诉求", "消息"]),
    ],
)
def test_phones_offer_at_most_five_pages_with_the_visit_in_the_middle(role, tabs):
    assert [item.entry.tab for item in menu.tabs(menu.items_for(cadre(role)))] == tabs


def test_sections_keep_the_order_of_the_table():
    found = menu.sections(menu.items_for(cadre(Role.SPECIALIST)))
    assert [section.heading for section in found] == ["", "企业包联", "走访管理", "诉求管理", "系统"]
