"""The audit log: written by the act, never changed, seen by the audit administrator alone."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client

from cadres.audit import Action, record
from cadres.models import AuditRow
from cadres.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db


def sign_in(client: Client, username: str, password: str) -> None:
    client.post("/login/", {"username": username, "password": password})


def test_signing_in_failing_and_signing_out_leave_a_row_each(client: Client) -> None:
    cadre = factories.cadre(Role.OFFICE, username="office")
    cadre.set_password("right-password")
    cadre.save()
    sign_in(client, "office", "wrong-password")
    sign_in(client, "office", "right-password")
    client.post("/logout/")
    rows = AuditRow.objects.order_by("pk").values_list("action", "username", "address")
    assert list(rows) == [
        ("sign_in_failed", "office", "127.0.0.1"),
        ("sign_in", "office", "127.0.0.1"),
        ("sign_out", "office", "127.0.0.1"),
    ]
    assert all(AuditRow.objects.values_list("request_id", flat=True))


@pytest.mark.parametrize("statement", ["UPDATE cadres_auditrow SET username = 'x'", "DELETE FROM cadres_auditrow"])
def test_the_log_is_append_only(client: Client, statement: str) -> None:
    sign_in(client, "nobody", "x")
    with (
        pytest.raises((IntegrityError, InternalError), match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_audit_administrator_reads_it_and_nobody_else(client: Client) -> None:
    sign_in(client, "somebody<b>", "x")
    for role in Role:
        client.force_login(factories.cadre(role))
        response = client.get("/audit/")
        assert response.status_code == (200 if role is Role.AUDITADMIN else 403)
        assert ("somebody&lt;b&gt;" in response.content.decode()) == (role is Role.AUDITADMIN)


def test_the_log_is_filtered_by_name_and_action(client: Client) -> None:
    for name in ("anna", "bert"):
        sign_in(client, name, "x")
    client.force_login(factories.cadre(Role.AUDITADMIN, username="auditor"))
    shown = client.get("/audit/", {"q": "ann", "action": "sign_in_failed"}).content.decode()
    assert "anna" in shown
    assert "bert" not in shown


def test_what_a_row_tells_is_in_words(client: Client) -> None:
    """Values of every writer's kind: under a program's names, under words, and with what the subject says already."""
    counts = {"added": 5, "updated": 41, "unchanged": 0, "faulty": 0}
    record(
        Action.IMPORT, cadre=None, subject="用电量 a.csv", detail={"kind": "electricity", "filename": "a.csv", **counts}
    )
    record(
        Action.DOWNLOAD,
        cadre=None,
        subject="走访记录",
        detail={"ledger": "visits", "rows": 3, "scope": "1/99/office/masked"},
    )
    record(Action.DOWNLOAD, cadre=None, subject="诉求清单", detail={"filter": "全部", "scope": "1/99/leader/unmasked"})
    record(Action.LINK, cadre=None, subject="生成企业链接 8", detail={"有效天数": 30})
    assert [row.particulars for row in AuditRow.objects.order_by("pk")] == [
        [("新增", "5"), ("更新", "41"), ("未变", "0"), ("错误", "0")],
        [("行数", "3"), ("个人信息", "已隐藏")],
        [("筛选条件", "全部"), ("个人信息", "完整")],
        [("有效天数", "30")],
    ]
    client.force_login(factories.cadre(Role.AUDITADMIN))
    shown = client.get("/audit/").content.decode()
    assert "用电量 a.csv · 新增 5 · 更新 41 · 未变 0 · 错误 0</span>" in shown
