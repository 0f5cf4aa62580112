"""The watermark: each cadre's own, safe whatever the name, and never in a shared cache."""

from datetime import datetime
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from cadres.watermark import tile
from tests.factories import DepartmentFactory, cadre

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


def texts(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 -- our own
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", ["王晓敏", "<b>&amp;", 'O\'Neil "Q"', "𠮷野", "]]>", "a\x00b\x08"])
def test_a_name_of_any_kind_stays_a_name(name):
    person = cadre(name=name.replace("\x00", ""), department=DepartmentFactory.create(name="江北区经信局"))
    readable = "".join(letter for letter in name if letter.isprintable())
    assert texts(tile(person, NOON)) == [f"{readable} 江北区经信局", "2026-11-20 12:05"] * 2


def test_the_style_sheet_is_private_and_holds_nothing_that_could_end_the_url(client):
    person = cadre(name="\"');<b>𠮷")
    client.force_login(person)
    response = client.get("/watermark.css")
    text = response.content.decode()
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "private" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
    image = text.removeprefix('.watermark{background-image:url("data:image/svg+xml,').removesuffix('")}\n')
    assert not set(image) & set("\"'()<> \\")
    assert person.name in texts(unquote(image))[0]


def test_nobody_is_nobody(client):
    assert client.get("/watermark.css").status_code == 302


@pytest.mark.usefixtures("sample_pages")
def test_every_page_asks_for_the_watermark_of_its_minute(client):
    person = cadre(name="王晓敏")
    client.force_login(person)
    assert f"/watermark.css?for={person.pk}&amp;at=20" in client.get("/visits/").content.decode()
