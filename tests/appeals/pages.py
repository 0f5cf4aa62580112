"""Reading pages of appeals as their tests need it."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cadres.models import Cadre
from workflow.worktime import load_calendar

LIST: Final = "/appeals/"
QUEUE: Final = "/appeals/escalations/"


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def get(cadre: Cadre, address: str = LIST, **parameters: Any) -> str:
    response = signed_in(cadre).get(address, parameters)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def cost_of(cadre: Cadre, address: str) -> int:
    """How many queries the page takes, where the calendar was read not long ago."""
    client = signed_in(cadre)
    load_calendar()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def titles(page: str) -> list[str]:
    """The titles of a list's rows, in order."""
    return re.findall(r'class="ttl"[^>]*>([^<]*)<', page)


def tabs(page: str) -> dict[str, str]:
    """The tabs above a list: label → （count）."""
    bar = re.search(r'id="tabs".*?</nav>', page, re.DOTALL)
    assert bar
    links = re.findall(r"<a [^>]*>(.*?)</a>", bar[0], re.DOTALL)
    texts = [re.sub(r"<[^>]*>|\s", "", link) for link in links]
    return {text.partition("（")[0]: "".join(text.partition("（")[1:]) for text in texts}


def tab(page: str, label: str) -> str:
    return tabs(page)[label]


def offers(page: str) -> list[str]:
    """The buttons of the steps that the reader may take now, in order."""
    box = re.search(r'<div class="offers">(.*?)</div>', page, re.DOTALL)
    return re.findall(r"<(?:button|a)[^>]*>\s*([^<\s]+)\s*</(?:button|a)>", box[1], re.DOTALL) if box else []
