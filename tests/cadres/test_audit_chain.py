"""The audit log's hash chain: sealed once, by one at a time; a changed, missing or added row is named."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from cadres import tasks
from cadres.audit import chain, checking, keeping
from cadres.audit.writing import Action, record
from cadres.models import AuditCheck, AuditCut, AuditKeeping, AuditRow, Outbox
from cadres.roles import Role
from tests import factories

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
NAMES = ("张三", "<b>", "o'hara", "=cmd", "𠮷野")


def write(count: int = 5, *, days_ago: int = 0) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    AuditRow.objects.bulk_create(
        AuditRow(at=at, action=Action.SIGN_IN, username=NAMES[i % 5], detail={"次": i, "文": NAMES[-1]}, address="::1")
        for i in range(count)
    )


def tamper(statement: str) -> None:
    """What somebody with the database's own key could do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_rows_are_sealed_in_the_order_of_writing_and_the_chain_holds() -> None:
    write(5)
    assert chain.seal_waiting() == 5
    write(2)
    assert chain.seal_waiting() == 2
    assert chain.seal_waiting() == 0
    numbers = AuditRow.objects.order_by("pk").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5, 6, 7]
    assert chain.walk() == (7, chain.head())


def test_more_rows_than_a_batch_are_sealed_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 3)
    write(8)
    assert chain.seal_waiting() == 8
    assert chain.walk().rows == 8


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("username", "'nobody'"),
        ("detail", """'{"次": 2, "文": "x"}'"""),
        ("at", "at + interval '1 microsecond'"),
        ("subject", "'x'"),
        ("address", "'10.0.0.1'"),
        ("action", "'sign_out'"),
        ("request_id", "'x'"),
        ("digest", f"'{'a' * 64}'"),
    ],
)
def test_a_changed_row_is_named(column: str, value: str) -> None:
    write(5)
    chain.seal_waiting()
    tamper(f"UPDATE cadres_auditrow SET {column} = {value} WHERE number = 3")  # noqa: S608 (of the test's own)
    with pytest.raises(chain.BrokenError, match=r"^第 3 条与封存时不一致.*o'hara|^第 3 条与封存时不一致.*nobody"):
        chain.walk()


def test_a_missing_row_is_named_and_so_is_a_missing_beginning() -> None:
    write(6)
    chain.seal_waiting()
    tamper("DELETE FROM cadres_auditrow WHERE number IN (3, 4)")
    with pytest.raises(chain.BrokenError, match=r"^缺少第 3 至 4 条"):
        chain.walk()
    tamper("DELETE FROM cadres_auditrow WHERE number < 5")
    with pytest.raises(chain.BrokenError, match=r"^缺少第 1 至 4 条"):
        chain.walk()


def test_a_row_put_in_between_breaks_the_next() -> None:
    write(4)
    chain.seal_waiting()
    first = AuditRow.objects.sealed().first()
    assert first is not None
    tamper("UPDATE cadres_auditrow SET number = number + 1 WHERE number = 4")
    tamper("UPDATE cadres_auditrow SET number = number + 1 WHERE number = 3")
    forged = AuditRow(at=first.at, action=Action.SIGN_IN, username="forged", number=3, digest="f" * 64)
    forged.save()
    with pytest.raises(chain.BrokenError, match=r"^第 3 条"):
        chain.walk()


def test_a_seal_noted_down_proves_that_nothing_was_cut_off_or_rewritten() -> None:
    write(5)
    chain.seal_waiting()
    noted = chain.head()
    write(2)
    chain.seal_waiting()
    assert chain.walk(noted).rows == 7
    with pytest.raises(chain.BrokenError, match=r"^第 5 条的封存码与所记的不一致"):
        chain.walk(chain.Seal(5, "0" * 64))
    tamper("DELETE FROM cadres_auditrow WHERE number > 4")
    assert chain.walk().rows == 4  # a chain that lost its end looks whole
    with pytest.raises(chain.BrokenError, match="所记的第 5 条已不在"):
        chain.walk(noted)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cadres_auditrow SET username = 'x'",
        "UPDATE cadres_auditrow SET number = number + 10",
        "UPDATE cadres_auditrow SET number = NULL, digest = ''",
        "DELETE FROM cadres_auditrow",
    ],
)
def test_a_sealed_row_can_neither_be_changed_nor_sealed_again(statement: str) -> None:
    write(2)
    chain.seal_waiting()
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_rows_that_served_their_time_go_and_the_chain_still_holds() -> None:
    write(3, days_ago=1200)
    write(2, days_ago=400)
    chain.seal_waiting()
    assert keeping.clear_expired(timezone.now()) == 3
    assert keeping.clear_expired(timezone.now()) == 0
    chain.seal_waiting()
    assert chain.walk().rows == 3  # two that are kept, and the one that tells of the clearing
    told = AuditRow.objects.get(action=Action.CLEARED)
    assert told.detail["rows"] == 3
    assert told.detail["number"] == 3


def test_the_city_may_keep_less_than_three_years_but_never_less_than_six_months() -> None:
    write(1, days_ago=300)
    write(1, days_ago=100)
    chain.seal_waiting()
    AuditKeeping.objects.update(months=6)
    assert keeping.clear_expired(timezone.now()) == 1
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
        AuditRow.objects.filter(username=NAMES[0]).delete()
    with pytest.raises(IntegrityError, match="audit_kept_six_months"), transaction.atomic():
        AuditKeeping.objects.update(months=5)


def test_clearing_by_hand_without_its_row_in_the_log_is_found() -> None:
    write(4, days_ago=300)
    chain.seal_waiting()
    second = AuditRow.objects.get(number=2)
    AuditRow.objects.filter(number__lte=2).delete()
    AuditCut.objects.create(number=2, digest=second.digest, rows=2, at=timezone.now())
    with pytest.raises(chain.BrokenError, match="没有清理前 2 条的记录"):
        chain.walk()


def test_an_empty_log_is_whole() -> None:
    assert chain.seal_waiting() == 0
    assert keeping.clear_expired(timezone.now()) == 0
    assert chain.walk() == (0, chain.START)


def test_the_command_prints_the_newest_seal_and_names_the_break() -> None:
    write(3)
    chain.seal_waiting()
    out = StringIO()
    call_command("check_audit", stdout=out)
    assert "已校验 3 行" in out.getvalue()
    assert f"最后封存码：{chain.head()}" in out.getvalue()
    call_command("check_audit", expect=str(chain.head()), stdout=out)
    with pytest.raises(CommandError, match="--expect 应写成"):
        call_command("check_audit", expect="7")
    tamper("UPDATE cadres_auditrow SET username = 'x' WHERE number = 2")
    with pytest.raises(CommandError, match="第 2 条与封存时不一致"):
        call_command("check_audit")


@pytest.fixture
def broken() -> None:
    write(3)
    chain.seal_waiting()
    tamper("UPDATE cadres_auditrow SET username = 'x' WHERE number = 2")


def test_a_break_is_told_to_every_audit_administrator_at_once(broken: None) -> None:
    auditors = {factories.cadre(Role.AUDITADMIN).pk for _ in range(2)}
    tasks.keep_audit()
    tasks.check_audit()
    tasks.keep_audit()
    tasks.check_audit()
    check = AuditCheck.objects.get()
    assert check.problem.startswith("第 2 条")
    told = Outbox.objects.get()
    assert (told.level, {target["cadre"] for target in told.audience}) == (2, auditors)
    assert told.body == check.problem


def test_a_check_once_made_is_never_changed() -> None:
    checking.ask(timezone.now())
    checking.run_waiting(timezone.now())
    with pytest.raises(InternalError, match="Cannot"), transaction.atomic():
        AuditCheck.objects.update(problem="x")


def test_the_auditor_checks_by_the_page_and_reads_the_result(client: Client) -> None:
    client.force_login(factories.cadre(Role.AUDITADMIN))
    write(3)
    chain.seal_waiting()
    assert "还没有校验过" in client.get(reverse("cadres:audit_chain")).text
    client.post(reverse("cadres:audit_check"))
    client.post(reverse("cadres:audit_check"))
    assert AuditCheck.objects.count() == 1
    assert "校验中" in client.get(reverse("cadres:audit_chain")).text
    tasks.check_audit()
    page = client.get(reverse("cadres:audit_chain")).text
    assert "完整" in page
    assert chain.head().digest in page


def test_how_long_the_log_is_kept_is_set_within_its_bounds_and_leaves_a_trace(client: Client) -> None:
    auditor = factories.cadre(Role.AUDITADMIN, department=factories.DepartmentFactory.create(region=factories.city()))
    client.force_login(auditor)
    address = reverse("cadres:audit_keeping")
    seen = re.search(r'name="seen" value="([^"]+)"', client.get(address).text)
    assert seen
    refused = client.post(address, {"months": "5", "seen": seen[1]})
    assert (refused.status_code, AuditKeeping.current().months) == (422, 36)
    assert "审计记录至少保存 6 个月" in refused.text
    assert client.post(address, {"months": "12", "seen": seen[1]}).status_code == 302
    assert AuditKeeping.current().months == 12
    assert AuditRow.objects.filter(action=Action.CONFIGURE, cadre=auditor, subject__contains="审计保存期限").exists()
    assert "12 个月" in client.get(reverse("cadres:audit_chain")).text


def test_two_who_seal_and_many_who_write_at_once_make_one_chain(transactional_db: None) -> None:
    def work(act: str) -> None:
        try:
            for _ in range(15):
                if act == "seal":
                    chain.seal_waiting()
                else:
                    with transaction.atomic():
                        record(Action.SIGN_IN, cadre=None, username=act)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(act,)) for act in ("seal", "anna", "seal", "bert", "cäsar")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chain.seal_waiting()
    assert chain.walk().rows == 45
