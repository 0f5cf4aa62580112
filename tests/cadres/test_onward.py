"""Where a form leads on to: a page of ours, and nothing else that may stand in the address."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from cadres.http import onward


@pytest.mark.parametrize("asked", ["/visits/", "/appeals/?light=red"])
def test_a_page_of_ours_is_gone_on_to(asked: str) -> None:
    assert onward(RequestFactory().post("/", {"next": asked})) == asked
    assert onward(RequestFactory().get("/", {"next": asked})) == asked


@pytest.mark.parametrize(
    "asked",
    ["", "not-a-page", "//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", "\t/x"],
)
def test_anything_else_leads_to_where_one_would_go_anyway(asked: str) -> None:
    assert onward(RequestFactory().post("/", {"next": asked})) == "/"
    assert onward(RequestFactory().post("/", {"next": asked}), "/enterprises/7/") == "/enterprises/7/"
