"""Rows that are inserted thousands at a time are the rows that were meant, whatever is in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from cadres.inserting import Mould, array_of, give_keys, insert_many, insert_together
from cadres.models import Message, Outbox
from cadres.roles import Role
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
ODD = ["\\N", "\\", "a\tb", "a\nb", '"', '\\"', "{}", "NULL", "null", "", " 空格 ", "𠮷,；'", "%s", "a,b", "{"]
AUDIENCES = [
    [],
    [{"cadre": 1}],
    [{"cadre": True}],
    [{"cadre": None}],
    [{"role": '"\\,', "region": 2}],
    [{"role": "督查"}],
]


def test_texts_and_json_come_back_as_they_were():
    mould = Mould(Outbox, created_at=NOW)
    rows = [mould.row(key=f"text:{place}", subject=text, body=text) for place, text in enumerate(ODD)]
    rows += [mould.row(key=f"json:{place}", subject="", audience=value) for place, value in enumerate(AUDIENCES)]
    insert_many(rows)
    stored = Outbox.objects.in_bulk([row.pk for row in rows])
    found = [stored[row.pk] for row in rows]
    assert [(one.key, one.subject, one.body) for one in found] == [(row.key, row.subject, row.body) for row in rows]
    assert [one.audience for one in found] == [row.audience for row in rows]


def test_json_that_python_holds_for_equal_is_kept_apart():
    mould = Mould(Outbox, created_at=NOW, subject="")
    insert_many([mould.row(key="1", audience=[{"cadre": 1}]), mould.row(key="2", audience=[{"cadre": True}])])
    told = Outbox.objects.order_by("pk").values_list("audience", flat=True)
    assert [type(audience[0]["cadre"]) for audience in told] == [int, bool]


def test_rows_that_have_everything_in_common_but_a_key_are_inserted():
    mould = Mould(Outbox, created_at=NOW, subject="同一件事", audience=[{"cadre": 1}])
    insert_many([mould.row(key="1")])
    insert_many([mould.row(key="2"), mould.row(key="3")])
    told = Outbox.objects.order_by("pk").values_list("key", "subject", "audience", "delivered_at")
    assert list(told) == [(key, "同一件事", [{"cadre": 1}], None) for key in "123"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", ODD),
        ("text", [None, "NULL", None, '"']),
        ("text", [None]),
        ("bigint", [1, -2, None]),
        ("boolean", [True, False]),
        ("timestamptz", [NOW, None]),
    ],
)
def test_postgresql_reads_an_array_as_it_was_written(kind, values):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [array_of(values)])
        assert cursor.fetchone()[0] == values


def test_rows_of_two_models_are_inserted_at_once_and_name_each_other_by_keys_that_came_later():
    reader, mould = factories.cadre(Role.HANDLER), Mould(Message, recipient_id=factories.cadre(Role.HEAD).pk, at=NOW)
    notices = [Mould(Outbox, created_at=NOW).row(key=key, subject=key) for key in "甲乙"]
    messages = [mould.row() for _ in notices] + [mould.row(recipient_id=reader.pk)]
    for message, notice in zip(messages, [*notices, notices[0]], strict=True):
        message.outbox = notice
    give_keys(notices, messages)
    insert_together(notices, messages)
    told = Message.objects.order_by("pk").values_list("pk", "outbox__subject", "recipient")
    assert [subject for _, subject, _ in told] == ["甲", "乙", "甲"]
    assert [pk for pk, *_ in told] == [message.pk for message in messages]
    assert told[2][2] == reader.pk
