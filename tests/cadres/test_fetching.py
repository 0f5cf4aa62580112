"""Objects that are made the quick way are those that Django makes."""

from __future__ import annotations

import gc

import pytest

from cadres.among import among_these
from cadres.fetching import QuicklyMade, nothing_collected
from enterprises.models import Enterprise
from tests import factories


@pytest.fixture
def enterprise(db: None) -> Enterprise:
    return factories.EnterpriseFactory.create(name="甲公司", tags=["专精特新"])


def test_an_object_has_every_column_and_is_no_new_one(enterprise: Enterprise, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = Enterprise.objects.get()
        columns = {field.attname: vars(found)[field.attname] for field in Enterprise._meta.concrete_fields}
        usual = super(QuicklyMade, Enterprise).from_db("default", [*columns], [*columns.values()])
        assert {**vars(found), "_state": None} == {**vars(usual), "_state": None}
        assert (found._state.db, found._state.adding) == (usual._state.db, usual._state.adding) == ("default", False)
    assert (found, found.name, found.tags) == (enterprise, "甲公司", ["专精特新"])
    found.name = "乙公司"
    found.save()
    assert Enterprise.objects.get().name == "乙公司"


def test_what_was_left_out_is_read_when_it_is_asked_for(enterprise: Enterprise, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = Enterprise.objects.select_related("region").only("name", "region__name").get()
        assert (found.name, found.region.name) == (enterprise.name, enterprise.region.name)
    with django_assert_num_queries(1):
        assert found.kind == enterprise.kind
    assert isinstance(found, QuicklyMade)


def test_keys_as_one_value_find_what_a_list_of_them_finds(enterprise: Enterprise, django_assert_num_queries):
    other = factories.EnterpriseFactory.create()
    factories.EnterpriseFactory.create()
    keys = [enterprise.pk, other.pk, 0]
    with django_assert_num_queries(1):
        assert set(Enterprise.objects.filter(among_these("id", keys))) == {enterprise, other}
    with django_assert_num_queries(0):
        assert not Enterprise.objects.filter(among_these("id", []))


def test_garbage_is_collected_again_afterwards_whatever_happens():
    with nothing_collected(), nothing_collected():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), nothing_collected():
        raise ZeroDivisionError
    assert gc.isenabled()
