"""The machinery of lists, by way of a sample list of regions."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cadres import listing
from tests.factories import district, town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sample_pages")]


@pytest.fixture
def client(client, somebody):
    client.force_login(somebody)
    return client


@pytest.fixture
def twelve_regions():
    """The city, 澜北区 and ten towns in it."""
    north = district(2, "澜北区")
    for number in range(1, 11):
        town(north, number)


def names(response) -> list[str]:
    return [row.name for row in response.context["listing"].rows]


def complaints(response) -> list[str]:
    assert response.status_code == 200
    found = response.context["listing"].complaints
    for sentence in found:
        assert f"<span>{sentence[:20]}" in response.content.decode().replace("&quot;", '"')
    return found


@pytest.mark.usefixtures("twelve_regions")
def test_a_filter_narrows_the_list_and_says_how_many_are_left(client):
    response = client.get("/enterprises/?q=北区3")
    assert names(response) == ["澜北区3街道"]
    assert "共 <b>1</b> 条" in response.content.decode()


@pytest.mark.usefixtures("twelve_regions")
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("light=purple", "时限：“purple”不是可选的值"),
        ("level=high", "督办级别：“high”不是可选的值"),
        ("level=9", "督办级别：“9”不是可选的值"),
        ("region=999999999999", "区县：“999999999999”不是可选的值"),
        ("region=%00", "区县：含有不能用的字符"),
        ("q=" + "很" * 21, "关键词：最多 20 字，现有 21 字"),
        ("q=%00", "关键词：含有不能用的字符"),
        ("from=yesterday", "登记日期：请填日期，如 2026-11-20"),
        ("from=2026-02-30", "登记日期：请填日期，如 2026-11-20"),
        ("from=2026-11-20&to=2026-11-19", "登记日期：起始日期晚于截止日期"),
        ("stauts=open", "没有“stauts”这个筛选条件"),
        ("sort=size", "不能按“size”排序"),
        ("sort=--name", "不能按“--name”排序"),
        ("sort=-", "不能按“-”排序"),
        ("page=0", "页码“0”不对，请填 1 以上的整数"),
        ("page=-1", "页码“-1”不对，请填 1 以上的整数"),
        ("page=two", "页码“two”不对，请填 1 以上的整数"),
        ("page=²", "页码“²”不对，请填 1 以上的整数"),
        ("page=99999999999999999999", "页码太靠后，最多看前 10000 条，请用筛选缩小范围"),
        ("page=1001", "页码太靠后，最多看前 10000 条，请用筛选缩小范围"),
    ],
)
def test_what_is_wrong_in_the_address_is_said_and_shows_nothing(client, query, sentence):
    response = client.get(f"/appeals/?{query}")
    assert complaints(response) == [sentence]
    assert names(response) == []
    assert "清空条件" in response.content.decode()


@pytest.mark.usefixtures("twelve_regions")
def test_a_page_past_the_end_says_how_many_there_are(client):
    assert complaints(client.get("/appeals/?page=3")) == ["没有第 3 页，共 2 页"]


@pytest.mark.usefixtures("twelve_regions")
def test_pages_follow_one_another_without_gap_or_repeat(client):
    first, second = client.get("/appeals/?sort=name"), client.get("/appeals/?sort=name&page=2")
    assert len(names(first)) == 10
    together = names(first) + names(second)
    assert len(set(together)) == len(together) == 12
    assert '<td class="c num cell-no">11</td>' in second.content.decode()


@pytest.mark.usefixtures("twelve_regions")
def test_a_leading_minus_turns_the_order_round(client):
    forward, backward = client.get("/enterprises/?sort=name"), client.get("/enterprises/?sort=-name")
    assert names(backward) == names(forward)[::-1]
    assert 'aria-sort="descending"' in backward.content.decode()


@pytest.mark.usefixtures("twelve_regions")
def test_beyond_the_count_the_list_says_so_and_goes_on(client, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED_TO", 11)
    response = client.get("/appeals/")
    text = response.content.decode()
    assert "共 <b>11+</b> 条" in text
    assert "加载更多（剩 更多 条）" not in text
    assert "加载更多" in text
    assert names(client.get("/appeals/?page=2")) != []


@pytest.mark.usefixtures("twelve_regions")
def test_htmx_gets_the_list_region_alone_and_caches_are_told(client):
    part = client.get("/appeals/?q=北区", headers={"HX-Request": "true", "HX-Target": "list"})
    text = part.content.decode()
    assert "<html" not in text
    assert 'hx-swap-oob="true"' in text
    assert "澜北区3街道" in text
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in part["Vary"].split(",")}


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Target": "list", "HX-History-Restore-Request": "true"},
        {"HX-Request": "true", "HX-Target": "main"},
        {},
    ],
)
def test_everybody_else_gets_the_whole_page(client, headers):
    assert "<html" in client.get("/appeals/", headers=headers).content.decode()


def test_a_list_asks_as_often_for_twenty_rows_as_for_two(client, django_assert_num_queries):
    district(2)
    with CaptureQueriesContext(connection) as few:
        client.get("/enterprises/")
    for number in range(3, 21):
        district(number)
    with django_assert_num_queries(len(few)):
        response = client.get("/enterprises/")
    assert len(names(response)) == 20


@pytest.mark.usefixtures("twelve_regions")
def test_links_keep_the_other_filters_and_drop_what_is_empty(client):
    response = client.get("/appeals/?q=区&category=&page=1")
    text = response.content.decode()
    assert 'href="?q=%E5%8C%BA&amp;light=red"' in text
    assert 'href="?q=%E5%8C%BA&amp;sort=-due"' in text


def test_an_empty_list_offers_to_clear_the_filters_only_where_some_are_set(client):
    assert "没有符合条件的记录" in client.get("/appeals/?light=red").content.decode()
    text = client.get("/nothing/").content.decode()
    assert "还没有记录" in text
    assert "清空条件" not in text


@pytest.mark.parametrize(
    ("number", "pages"), [(1, [1, 2, 3, None, 9]), (5, [1, None, 3, 4, 5, 6, 7, None, 9]), (9, [1, None, 7, 8, 9])]
)
def test_the_pager_offers_pages_near_and_far(number, pages):
    shown = listing.Listing(None, None, [], number, 10, 90, number < 9, "", {})
    assert shown.pages == pages


def test_the_pager_does_not_name_a_last_page_that_nobody_counted():
    shown = listing.Listing(None, None, [1], 3, 10, listing.COUNTED_TO + 1, True, "", {})
    assert shown.pages == [1, 2, 3, 4, 5, None]
