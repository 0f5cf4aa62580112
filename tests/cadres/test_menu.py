"""Which entry of the menu is marked on the product's own pages."""

from __future__ import annotations

import pytest

from cadres import menu
from cadres.roles import Role
from tests.factories import cadre

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("current", "path", "label"),
    [
        ("enterprises:campaign", "/campaigns/3/", "专项行动"),
        ("enterprises:edit_campaign", "/campaigns/3/edit/", "专项行动"),
        ("enterprises:detail", "/enterprises/12/", "企业名录"),
        ("enterprises:uncovered", "/enterprises/uncovered/", "未包联企业"),
        ("enterprises:end_assignment", "/assignments/3/end/", "包联台账"),
        ("enterprises:edit_contact", "/contacts/3/edit/", "企业名录"),
        ("reports:rows", "/reports/rows/resumption/", "指标"),
        ("reports:import", "/imports/3/", "数据导入"),
        ("reports:workbench", "/", "我的工作台"),
    ],
)
def test_a_page_marks_the_entry_that_it_lies_below(current, path, label):
    items = menu.items_for(cadre(Role.OFFICE), current=current, path=path)
    assert [item.entry.label for item in items if item.current] == [label]
