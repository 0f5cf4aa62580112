"""A region that is not used any more is offered nowhere, and stays where it stands."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from cadres.models import Region
from cadres.roles import Role
from tests import factories
from tests.policies import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone():
    """A street and a park of the city that are not used any more."""
    street = factories.town(factories.district(2, "北区"))
    park = factories.RegionFactory.create(
        code="990199000000", name="旧园区", kind=Region.Kind.PARK, parent=factories.city()
    )
    Region.objects.filter(pk__in=(street.pk, park.pk)).update(active=False)
    return street, park


@pytest.fixture
def client(signed_in):
    return signed_in(factories.cadre(Role.OFFICE, region=factories.city()))


def offers(client, path, name):
    field = client.get(path).context["form"].fields[name]
    return set(field.queryset.values_list("name", flat=True))


def test_new_rows_and_moves_are_not_offered_it(client, gone):
    street, park = gone
    here = factories.EnterpriseFactory.create(region=factories.district(2))
    for path in ("/enterprises/new/", f"/enterprises/{here.pk}/move/"):
        assert street.name not in offers(client, path, "region")
        assert "北区" in offers(client, path, "region")
        assert park.name not in offers(client, path, "park")
    assert street.name not in offers(client, "/policies/new/", "region")


def test_a_row_that_has_it_keeps_it_through_an_edit(client, gone):
    street, park = gone
    row = factories.EnterpriseFactory.create(region=street, park=park)
    form = client.get(f"/enterprises/{row.pk}/edit/").context["form"]
    sent = {"kind": "company", "name": "改名", "credit_code": row.credit_code, "state": "operating", "park": park.pk}
    sent |= {"category": "other", "seen": form["seen"].value()}
    assert client.post(f"/enterprises/{row.pk}/edit/", sent).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.region, row.park) == ("改名", street, park)


def test_a_policy_and_a_campaign_keep_theirs(client):
    district = factories.district(5, "旧区")
    policy = people.policy(region=district)
    campaign = factories.CampaignFactory.create(regions=[district], starts_on=date(2026, 9, 1))
    district.active = False
    district.save()
    assert "旧区" in offers(client, f"/policies/{policy.pk}/edit/", "region")
    assert "旧区" in offers(client, f"/campaigns/{campaign.pk}/edit/", "regions")
    assert "旧区" not in offers(client, "/campaigns/new/", "regions")


def test_lists_can_still_be_narrowed_to_it(client, gone):
    street, _ = gone
    row = factories.EnterpriseFactory.create(region=street, last_contact_on=timezone.localdate())
    response = client.get(f"/enterprises/?region={street.code}")
    assert [one.pk for one in response.context["listing"].rows] == [row.pk]


def test_a_forged_choice_is_refused(client, gone):
    street, _ = gone
    sent = {"kind": "trader", "name": "老张面馆", "region": street.code, "state": "operating", "category": "other"}
    assert client.post("/enterprises/new/", sent).status_code == 422
