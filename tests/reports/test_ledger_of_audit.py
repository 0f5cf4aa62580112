"""The audit log as a ledger: for the audit administrator alone, with each row's seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cadres.audit import chain
from cadres.audit.writing import Action, record
from cadres.roles import Role
from reports.ledgers.making import NoRightError
from tests.factories import cadre
from tests.reports.ledgers import make, rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


def test_the_audit_log_is_exported_with_its_seals_and_its_markup_stays_text(tmp_path: Path) -> None:
    auditor = cadre(Role.AUDITADMIN, name="齐审")
    record(Action.UNMASK, cadre=auditor, subject="=1+1", detail={"字段": "电话"})
    record(Action.SIGN_IN_FAILED, cadre=None, username="<b>")
    chain.seal_waiting()
    made, sheet = make("audit", tmp_path, auditor, "action=unmask")
    assert made.rows == 1
    (row,) = rows(sheet)
    assert (row["动作"], row["姓名"], row["对象"], row["内容"]) == ("查看完整信息", "齐审", "=1+1", "字段：电话")
    assert (row["封存序号"], len(row["封存码"])) == (1, 64)


def test_nobody_else_gets_it(tmp_path: Path) -> None:
    for role in set(Role) - {Role.AUDITADMIN}:
        with pytest.raises(NoRightError):
            make("audit", tmp_path, cadre(role))
