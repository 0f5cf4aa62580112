"""Comments and files of a case."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Signal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.utils import timezone

from appeals import papers
from appeals.models import Appeal, Attachment, Category, Comment
from appeals.workflow import Status
from cadres.models import Cadre, Message
from cadres.tasks import deliver
from tests.appeals.pages import get, signed_in
from tests.appeals.people import People
from tests.uploads import PDF, jpeg, office, png_of, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    return


def said(cadre: Cadre, appeal: Appeal, text: str = "请尽快", files: list[Any] | None = None, **data: Any) -> Any:
    sent = {"text": text, "client_id": uuid4(), "uploads": files or [], **data}
    return signed_in(cadre).post(f"/appeals/{appeal.pk}/comments/", sent)


def given(people: People, who: str = "handler", content: bytes = b"", name: str = "现场.jpg") -> Attachment:
    """A file that came with a comment on an open case."""
    appeal = people.at(Status.HANDLING, timezone.now())
    assert said(getattr(people, who), appeal, files=[uploaded(content or jpeg(), name)]).status_code == 302
    return appeal.attachments.get()


# --- comments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["specialist", "team_leader", "handler", "colleague", "head", "office", "supervisor"])
def test_whoever_acts_on_a_case_says_something_about_it(people: People, who: str) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    before = appeal.version
    assert said(getattr(people, who), appeal, "车已到位\n明早出发").status_code == 302
    appeal.refresh_from_db()
    assert appeal.version == before  # nobody who fills in a form is held up
    page = get(getattr(people, who), appeal.get_absolute_url())
    assert "车已到位<br>明早出发" in page


@pytest.mark.parametrize(("who", "status"), [("leader", 403), ("caller", 403), ("stranger", 404)])
def test_others_say_nothing(people: People, who: str, status: int) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    assert said(getattr(people, who), appeal).status_code == status
    assert not Comment.objects.exists()


@pytest.mark.parametrize("status", [Status.CLOSED, Status.DRAFT])
def test_nothing_is_said_about_what_is_not_open(people: People, status: Status) -> None:
    appeal = people.at(status, timezone.now())
    assert said(people.specialist, appeal).status_code == 403
    assert 'name="text"' not in get(people.specialist, appeal.get_absolute_url())


def test_the_same_comment_sent_twice_is_one(people: People) -> None:
    appeal, key = people.at(Status.HANDLING, timezone.now()), uuid4()
    for _ in range(2):
        assert said(people.handler, appeal, client_id=key, files=[uploaded(jpeg())]).status_code == 302
    assert (Comment.objects.count(), Attachment.objects.count()) == (1, 1)


def test_an_empty_comment_comes_back(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    response = said(people.handler, appeal, "  ")
    assert response.status_code == 422
    assert "请填写" in response.content.decode()


def test_the_registrar_and_the_handler_read_what_others_say(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    deliver()
    Message.objects.all().delete()
    said(people.handler, appeal, "车已到位")
    said(people.supervisor, appeal, "请附照片")
    deliver()
    found = Message.objects.filter(outbox__key__startswith="appeal-comment").values_list("recipient", flat=True)
    assert sorted(found) == sorted([people.specialist.pk, people.specialist.pk, people.handler.pk])


def test_markup_stays_text(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    said(people.handler, appeal, "<script>alert('=𠮷')</script>", files=[uploaded(jpeg(), "<b>'=𠮷.jpg")])
    page = get(people.handler, appeal.get_absolute_url())
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#x27;=𠮷&#x27;)" in page
    assert "&lt;b&gt;&#x27;=𠮷.jpg" in page


@pytest.mark.django_db(transaction=True)
def test_a_comment_waits_for_no_step_and_no_step_for_a_comment() -> None:
    people = People()
    appeal = people.at(Status.HANDLING, timezone.now())
    locked, done = Signal(), Signal()

    def hold() -> None:
        try:
            with transaction.atomic():
                Appeal.objects.select_for_update(no_key=True).get(pk=appeal.pk)
                locked.set()
                assert done.wait(20)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert locked.wait(20)
        papers.comment(appeal, "车已到位", by=people.handler, now=timezone.now(), client_id=uuid4())
        done.set()
        holding.result()
    assert Comment.objects.count() == 1


# --- files -----------------------------------------------------------------------------------------------------


def test_a_reply_brings_its_evidence(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    data = {"outcome": "solved", "reply": "专车接回44人", "version": appeal.version}
    files = [uploaded(jpeg(), "车辆.jpg"), uploaded(office("xlsx"), "名单.xlsx", "application/x")]
    response = signed_in(people.handler).post(f"/appeals/{appeal.pk}/steps/reply/", {**data, "uploads": files})
    assert response.status_code == 302
    assert [(one.name, one.given_with) for one in appeal.attachments.all()] == [
        ("车辆.jpg", "reply"),
        ("名单.xlsx", "reply"),
    ]
    page = get(people.head, appeal.get_absolute_url())
    assert "随答复 · 赵明" in page
    assert "名单.xlsx" in page


def test_a_refused_step_keeps_no_file(people: People) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    data = {"outcome": "solved", "reply": "专车接回44人", "version": appeal.version - 1, "uploads": [uploaded(jpeg())]}
    assert signed_in(people.handler).post(f"/appeals/{appeal.pk}/steps/reply/", data).status_code == 422
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("act", ["", "draft"])
def test_a_file_comes_with_the_registration(people: People, act: str) -> None:
    category = Category.objects.first()
    assert category
    data = {
        "enterprise": people.enterprise.pk,
        "client_id": uuid4(),
        "nature": "difficulty",
        "title": "临时停电",
        "description": "厂区上午停电两小时，影响生产。",
        "category": category.pk,
        "urgency": "ordinary",
        "source": "visit",
        "act": act,
    }
    for _ in range(2):  # sent twice
        response = signed_in(people.specialist).post("/appeals/new/", {**data, "uploads": [uploaded(PDF, "通知.pdf")]})
        assert response.status_code == 302
    one = Attachment.objects.get()
    assert (one.name, one.given_with, one.appeal.title) == ("通知.pdf", "registration", "临时停电")
    assert Appeal.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"#!/bin/sh\nrm -rf /\n", "现场.jpg", "不是可以上传的文件"),
        (b"<script>alert(1)</script>", "说明.jpg", "不是可以上传的文件"),
        (png_of(20_000, 10_000), "大图.png", "图片像素过大"),
        (office("xlsx", **{"xl__vbaProject.bin": b"x"}), "名单.xlsx", "文件带有宏"),
        (b"", "空.pdf", "文件是空的"),
    ],
)
def test_what_is_not_what_it_says_is_refused_by_name(people: People, content: bytes, name: str, why: str) -> None:
    appeal = people.at(Status.HANDLING, timezone.now())
    response = said(people.handler, appeal, files=[uploaded(content, name)])
    assert response.status_code == 422
    assert f"“{name}”{why}" in response.content.decode()
    assert not Attachment.objects.exists()
    assert not Comment.objects.exists()


def test_the_same_content_is_kept_once(people: People) -> None:
    one = given(people, content=jpeg())
    said(people.head, one.appeal, files=[uploaded(jpeg(), "另一个名字.jpg")])
    assert Attachment.objects.get() == one


@pytest.mark.parametrize(
    ("who", "status"),
    [("specialist", 200), ("leader", 200), ("head", 200), ("stranger", 404), ("caller", 403)],
)
def test_a_file_is_handed_out_through_the_scope(people: People, who: str, status: int) -> None:
    one = given(people)
    response = signed_in(getattr(people, who)).get(f"/appeals/files/{one.pk}/")
    assert response.status_code == status
    if status == 200:
        assert b"".join(response.streaming_content) == jpeg()
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]


def test_a_department_that_lost_the_case_opens_its_files_no_longer(people: People) -> None:
    one = given(people)
    other = people.office.department
    people.take(one.appeal, "reassign", "supervisor", timezone.now(), lead=other, note="改")
    assert signed_in(people.handler).get(f"/appeals/files/{one.pk}/").status_code == 404


def test_who_uploaded_a_file_declares_it_void_with_a_reason(people: People) -> None:
    one = given(people)
    address = f"/appeals/files/{one.pk}/void/"
    assert signed_in(people.head).post(address, {"reason": "传错了"}).status_code == 403
    assert signed_in(people.handler).post(address, {"reason": ""}).status_code == 422
    assert signed_in(people.handler).post(address, {"reason": "传错了"}).status_code == 302
    assert signed_in(people.handler).get(f"/appeals/files/{one.pk}/").status_code == 404
    assert signed_in(people.handler).post(address, {"reason": "再作废"}).status_code == 404
    page = get(people.head, one.appeal.get_absolute_url())
    assert "已作废：传错了（赵明" in page
    assert f"/appeals/files/{one.pk}/" not in page
    assert said(people.handler, one.appeal, files=[uploaded(jpeg())]).status_code == 302
    assert one.appeal.attachments.valid().count() == 1  # the same content again is a file anew


def test_nothing_is_declared_void_after_the_end(people: People) -> None:
    one = given(people)
    Appeal.objects.filter(pk=one.appeal_id).update(version=9)
    now = timezone.now()
    for name, who in (("reply", "handler"), ("approve", "head"), ("confirm", "specialist"), ("close", "office")):
        people.take(one.appeal, name, who, now)
    assert signed_in(people.handler).post(f"/appeals/files/{one.pk}/void/", {"reason": "x"}).status_code == 403
