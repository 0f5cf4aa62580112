"""The audit log: written by the act, never changed, seen by the audit administrator alone."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client

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
