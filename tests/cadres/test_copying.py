"""Rows that COPY wrote are the rows that were meant, whatever their texts look like."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cadres import copying
from enterprises.models import Enterprise
from tests.factories import credit_code, district

pytestmark = pytest.mark.django_db

ODD = ["\\N", "\\", "a\tb", "a\nb", "a\\nb", '"', "{}", "NULL", "", " 空格 ", "𠮷,；'"]


def new(name: str, **fields) -> Enterprise:
    region = district()
    return Enterprise(kind="trader", name=name, region=region, region_path=region.path, **fields)


def test_every_kind_of_value_comes_back_as_it_was():
    given = [new(f"企业{place}", address=text, tags=[text, "b"]) for place, text in enumerate(ODD)]
    given.append(
        new(
            "全",
            credit_code=credit_code(1),
            founded_on=date(2001, 2, 3),
            headcount=7,
            revenue_wan=Decimal("12.50"),
            size_entered=True,
        )
    )
    copying.create(given)
    fields = [field.attname for field in Enterprise._meta.concrete_fields]
    for one in given:
        found = Enterprise.objects.get(pk=one.pk)
        assert [getattr(found, field) for field in fields] == [getattr(one, field) for field in fields]


def test_many_rows_take_as_many_statements_as_two_and_their_history_begins():
    history = apps.get_model("enterprises", "EnterpriseEvent").objects
    for number in (2, 200):
        given = [new(f"{number}之{place}") for place in range(number)]
        with CaptureQueriesContext(connection) as queries:
            copying.create(given)
        assert len(queries) == 2  # the keys, and COPY
    assert (Enterprise.objects.count(), history.filter(pgh_label="insert").count()) == (202, 202)


def test_nothing_is_written_for_nobody():
    with CaptureQueriesContext(connection) as queries:
        copying.create([])
    assert not queries.captured_queries
