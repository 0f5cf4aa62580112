"""Reading rows once for all that a bulletin takes from them."""

from __future__ import annotations

import pytest

from cadres.models import Region
from reports.counting import asking
from tests import factories

pytestmark = pytest.mark.django_db


def test_lines_come_in_their_order_however_many_there_are_and_the_rest_as_lists() -> None:
    region, taken = factories.city(), []
    parts = {
        "codes": "SELECT json_build_array(code, 0.10)::text FROM places",
        "none": "SELECT json_build_array(code)::text FROM places WHERE false",
        asking.LINES: "SELECT n::text || chr(10) || code FROM places, generate_series(1, 100) AS n ORDER BY n",
    }
    found = asking.ask({"places": Region.objects.filter(pk=region.pk).values_list("code")}, parts, taken.append)
    assert found["none"] == []
    assert [(code, str(number)) for code, number in found["codes"]] == [(region.code, "0.10")]
    assert "".join(taken) == "".join(f"{n}\n{region.code}\n" for n in range(1, 101))
