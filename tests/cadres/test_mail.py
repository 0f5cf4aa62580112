"""E-mail beside the inbox, sent to a real server that may refuse, hang or be gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.utils import timezone

from cadres import audience, delivery, digests, mail, notices
from cadres.models import Cadre, Mail, Message
from cadres.roles import Role
from config.local.home import ROOT
from tests import factories, mail_server
from tests.mail_server import MailServer
from workflow.worktime import BEIJING

WEDNESDAY: Final = datetime(2026, 11, 18, 10, 0, tzinfo=BEIJING)
NEXT_MORNING: Final = datetime(2026, 11, 19, 8, 30, tzinfo=BEIJING)


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server.running(settings) as found:
        yield found


def somebody(number: int = 1, **fields: Any) -> Cadre:
    return factories.cadre(Role.HANDLER, email=f"cadre{number}@example.gov.cn", **fields)


def tell(
    *people: Cadre, now: datetime = WEDNESDAY, key: str = "", subject: str = "请签收：招工难", **fields: Any
) -> None:
    """Tell and deliver to the inbox; what is due by then becomes a mail that waits."""
    notices.tell(
        key or f"k{Message.objects.count()}:{subject}",
        [audience.cadre(person.pk) for person in people],
        subject,
        now=now,
        **fields,
    )
    delivery.deliver_waiting(now)
    digests.gather(now)


def send(now: datetime = WEDNESDAY) -> int:
    return mail.send_due(lambda: now)


def only_mail() -> Mail:
    return Mail.objects.get()


# --- what goes out, and when -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"level": 2}, {"level": 4}, {"at_once": True}])
def test_what_is_urgent_goes_out_at_once(server: MailServer, fields: dict[str, Any]) -> None:
    tell(somebody(), body="SQ9901 澜川机械", url="/appeals/1/", **fields)
    assert send() == 1
    assert server.addresses == ["cadre1@example.gov.cn"]
    assert server.subjects == ["【驻企通】请签收：招工难"]
    message = Message.objects.get()
    assert f"https://zhuqi.example.gov.cn/inbox/{message.pk}/" in server.text()
    assert "SQ9901 澜川机械" in server.text()
    assert message.mail_words == "邮件 11-18 10:00 已发送"


@pytest.mark.django_db
def test_everything_else_waits_for_the_next_working_mornings_digest(server: MailServer) -> None:
    one, other = somebody(1), somebody(2)
    for number in range(3):
        tell(one, subject=f"请签收：事项{number}")
    tell(other, subject="诉求有新进展")
    assert send() == 0
    assert Message.objects.first().mail_words == "邮件将于 11-19 08:30 汇总发送"
    digests.gather(NEXT_MORNING)
    assert send(NEXT_MORNING) == 2
    assert sorted(server.addresses) == ["cadre1@example.gov.cn", "cadre2@example.gov.cn"]
    text = server.text(server.addresses.index("cadre1@example.gov.cn"))
    assert "【驻企通】11 月 19 日有 3 条消息" in server.subjects
    assert [f"{number + 1}. 请签收：事项{number}" in text for number in range(3)] == [True] * 3
    digests.gather(NEXT_MORNING)
    assert send(NEXT_MORNING) == 0


@pytest.mark.django_db
def test_a_digest_waits_for_the_end_of_the_weekend(server: MailServer) -> None:
    friday = datetime(2026, 11, 20, 17, 0, tzinfo=BEIJING)
    tell(somebody(), now=friday)
    assert Message.objects.get().mail_due_at == datetime(2026, 11, 23, 8, 30, tzinfo=BEIJING)


@pytest.mark.django_db
def test_what_was_read_in_the_inbox_before_is_in_no_digest(server: MailServer) -> None:
    tell(somebody())
    Message.objects.update(read_at=WEDNESDAY)
    digests.gather(NEXT_MORNING)
    assert send(NEXT_MORNING) == 0
    assert not Mail.objects.exists()


@pytest.mark.django_db
def test_what_comes_too_late_for_todays_digest_goes_with_the_next(server: MailServer) -> None:
    person = somebody()
    tell(person, subject="早")
    digests.gather(NEXT_MORNING)
    tell(person, subject="晚")
    Message.objects.filter(mail=None).update(mail_due_at=NEXT_MORNING)  # delivered while the digest was being made
    digests.gather(NEXT_MORNING)
    assert send(NEXT_MORNING) == 1
    digests.gather(NEXT_MORNING + timedelta(days=1))
    assert send(NEXT_MORNING + timedelta(days=1)) == 1
    assert ["1. 早" in server.text(0), "1. 晚" in server.text(1)] == [True, True]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("manner", "urgent", "ordinary"),
    [("digest", True, "digest"), ("at_once", True, "notice"), ("urgent", True, ""), ("off", False, "")],
)
def test_each_chooses_what_comes_by_mail(server: MailServer, manner: str, urgent: bool, ordinary: str) -> None:
    person = somebody(mail_manner=manner)
    tell(person, subject="急", level=2)
    tell(person, subject="不急")
    digests.gather(NEXT_MORNING)
    kinds = {row.outbox.subject: row.mail.kind if row.mail else "" for row in Message.objects.select_related("mail")}
    assert kinds == {"急": "notice" if urgent else "", "不急": ordinary}


@pytest.mark.django_db
def test_nobody_gets_mail_about_their_own_act_or_without_an_address(server: MailServer) -> None:
    actor, nowhere = somebody(), factories.cadre(Role.HANDLER)
    tell(actor, nowhere, level=3, actor=actor)
    assert send() == 0
    assert [message.recipient for message in Message.objects.all()] == [nowhere]


@pytest.mark.django_db
def test_without_a_mail_server_no_mail_is_made(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    tell(somebody(), level=2)
    assert Message.objects.get().mail_words == ""
    assert not Mail.objects.exists()


# --- what it says ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_subject_can_not_add_headers_and_strange_characters_arrive(server: MailServer) -> None:
    tell(somebody(), subject="招工难\r\nBcc: thief@example.com\u2028<b>'=𠮷\x07", level=2)
    assert send() == 1
    assert server.received[0]["Bcc"] is None
    assert server.subjects == ["【驻企通】招工难 Bcc: thief@example.com <b>'=𠮷"]


@pytest.mark.django_db
def test_numbers_of_people_do_not_leave_the_product(server: MailServer) -> None:
    tell(somebody(), subject="请联系 13812345678", body="身份证 110101199003074514，座机 0990-1234567", level=2)
    send()
    assert server.subjects == ["【驻企通】请联系 138****5678"]
    assert "身份证 110***********4514，座机 0990-1234567" in server.text()


def read_report(key: str) -> mail.Attachment | None:
    return (
        mail.Attachment(f"通报\n第{key}期.xlsx", b"PK\x03\x04book", "application/vnd.ms-excel") if key == "5" else None
    )


@pytest.mark.django_db
def test_a_file_goes_with_the_mail_at_once(server: MailServer, settings: Any) -> None:
    settings.MAIL_ATTACHMENTS = {"report": "tests.cadres.test_mail.read_report"}
    tell(somebody(), subject="每日复工通报", attachment=("report", "5"))
    assert send() == 1
    [part] = server.received[0].iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("通报 第5期.xlsx", b"PK\x03\x04book")


@pytest.mark.django_db
def test_a_file_that_is_gone_is_said_to_be(server: MailServer, settings: Any) -> None:
    settings.MAIL_ATTACHMENTS = {"report": "tests.cadres.test_mail.read_report"}
    tell(somebody(), subject="每日复工通报", attachment=("report", "6"))
    assert send() == 1
    assert not list(server.received[0].iter_attachments())
    assert "附件已不可用，请登录后查看。" in server.text()


# --- a server that does not do its part ------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["refuses_recipients", "refuses_text"])
def test_what_is_refused_for_good_has_failed_and_the_others_go_out(server: MailServer, where: str) -> None:
    vars(server)[where] = {"cadre1@example.gov.cn": "550 no such mailbox"}
    tell(somebody(1), somebody(2), level=2)
    assert send() == 1
    assert server.addresses == ["cadre2@example.gov.cn"]
    failed = Mail.objects.get(state="failed")
    assert (failed.address, failed.attempts) == ("cadre1@example.gov.cn", 1)
    assert failed.messages.get().mail_words == "邮件发送失败：邮件服务器拒收（550）：no such mailbox"
    assert send(WEDNESDAY + timedelta(days=2)) == 0


@pytest.mark.django_db
def test_what_is_refused_for_now_is_tried_again_later_and_later_and_then_has_failed(server: MailServer) -> None:
    server.refuses_recipients = {"cadre1@example.gov.cn": "451 try again later"}
    tell(somebody(), level=2)
    now, tries = WEDNESDAY, []
    while only_mail().state == "waiting":
        assert send(now) == 0
        assert send(now) == 0  # not before it is due again
        tries.append(now)
        now = only_mail().due_at
    minutes = [round((later - earlier).total_seconds() / 60) for earlier, later in pairwise(tries)]
    assert minutes == [1, 5, 15, 60, 180, 360]
    assert only_mail().messages.get().mail_words == "邮件发送失败：邮件服务器拒收（451）：try again later"


@pytest.mark.django_db
def test_a_server_that_comes_back_gets_everything_once(server: MailServer) -> None:
    server.stop()
    tell(somebody(1), somebody(2), level=2)
    assert send() == 0
    tried = Mail.objects.get(attempts=1)
    assert "邮件服务器连接不上或没有回应" in tried.failure
    assert Mail.objects.filter(attempts=0).count() == 1, "who is refused at the door does not try for each mail"
    server.start()
    assert send(WEDNESDAY + timedelta(minutes=1)) == 2
    assert send(WEDNESDAY + timedelta(hours=1)) == 0
    assert sorted(server.addresses) == ["cadre1@example.gov.cn", "cadre2@example.gov.cn"]
    assert server.connections == 1


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_holds_up_neither_rows_nor_the_inbox_nor_the_sender_for_long(
    server: MailServer, settings: Any
) -> None:
    settings.EMAIL_TIMEOUT = 4
    person = somebody()
    tell(person, level=2)
    server.hold()
    sender = threading.Thread(target=_send_on_its_own_connection)
    started = timezone.now()
    sender.start()
    try:
        assert server.is_holding.wait(10)
        with transaction.atomic():  # raises where a row is locked
            list(Mail.objects.select_for_update(nowait=True))
            list(Message.objects.select_for_update(nowait=True))
        tell(person, subject="第二条", level=2)
        assert Message.objects.count() == 2
        assert send() == 0, "another worker does not wait at the same door"
        assert Mail.objects.filter(attempts=0).count() == 1
    finally:
        sender.join(20)
    assert timezone.now() - started < timedelta(seconds=16)
    first = Mail.objects.earliest("pk")
    assert (first.state, first.attempts) == ("waiting", 1)
    assert "没有回应" in first.failure


def _send_on_its_own_connection() -> None:
    try:
        mail.send_due(lambda: WEDNESDAY)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_senders_at_once_never_double_a_mail(server: MailServer) -> None:
    people = [somebody(number) for number in range(30)]
    tell(*people, level=2)
    senders = [threading.Thread(target=_send_on_its_own_connection) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert sorted(server.addresses) == sorted(person.email for person in people)
    assert set(Mail.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_a_sender_killed_in_the_middle_at_most_that_one_mail_is_sent_again(server: MailServer) -> None:
    people = [somebody(number) for number in range(3)]
    for person in people:
        tell(person, level=2, now=timezone.now())
    server.hold()
    victim = _start_sender(server)
    assert server.is_holding.wait(40)
    victim.send_signal(signal.SIGKILL)
    assert victim.wait(20) == -signal.SIGKILL
    server.release()  # the server had the whole text, and accepts it after its sender has died
    assert Mail.objects.filter(state="sending").count() == 1
    now = timezone.now()
    assert _send_when_the_lock_is_free(now) == 2
    assert send(now + mail.LEASE + timedelta(seconds=1)) == 1
    assert send(now + timedelta(days=2)) == 0
    doubled = [address for address in set(server.addresses) if server.addresses.count(address) > 1]
    assert set(server.addresses) == {person.email for person in people}
    assert len(doubled) <= 1
    numbers = {message["Message-ID"] for message in server.received}
    assert len(numbers) == 3, "whoever gets it twice can see that it is the same"


def _send_when_the_lock_is_free(now: datetime) -> int:
    """PostgreSQL takes a moment to see that the killed one's connection is gone."""
    give_up_at = time.monotonic() + 20
    while not (sent := send(now)):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    return sent


def _start_sender(server: MailServer) -> subprocess.Popen[bytes]:
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}?timeout=60",
        "CSRF_TRUSTED_ORIGINS": "",
    }
    command = [sys.executable, "manage.py", "shell", "--command", "from cadres import tasks; tasks.send_mail()"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.django_db
def test_who_has_left_gets_no_mail_and_a_bad_address_is_no_server_failure(server: MailServer) -> None:
    gone, wrong = somebody(1), somebody(2)
    tell(gone, wrong, level=2)
    Cadre.objects.filter(pk=gone.pk).update(is_active=False)
    Cadre.objects.filter(pk=wrong.pk).update(email="not an address")
    assert send() == 0
    assert sorted(Mail.objects.values_list("state", "failure")) == [
        ("failed", "收件人账号已停用"),
        ("failed", "没有邮箱地址，或地址不对"),
    ]
    assert server.connections == 0
