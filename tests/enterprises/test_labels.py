"""Key lists and tags: shown as links to their lists, given and taken away for many at once."""

from __future__ import annotations

import pytest

from cadres.roles import Role
from enterprises import labelling
from enterprises.labelling import Labels
from enterprises.models import Enterprise
from tests import factories

pytestmark = pytest.mark.django_db

ODD = ["<b>", "it's", "=1+1", "𠮷"]
PATH = "/enterprises/labels/"


@pytest.fixture
def north():
    return factories.district(2, "北区")


@pytest.fixture
def office(north):
    return factories.cadre(Role.OFFICE, region=north)


@pytest.fixture
def three(north):
    return [factories.EnterpriseFactory.create(name=f"北区{word}厂", region=north) for word in "甲乙丙"]


def body(response):
    return response.content.decode()


def tags():
    return dict(Enterprise.objects.order_by("pk").values_list("name", "tags"))


def test_ticked_ones_get_a_tag_once_and_keep_what_they_had(signed_in, office, three):
    Enterprise.objects.filter(pk=three[0].pk).update(tags=["出口"])
    browser, keys = signed_in(office), [one.pk for one in three[:2]]
    led = browser.post(PATH, {"pk": keys})
    assert led.url == f"{PATH}?pk={keys[0]}&pk={keys[1]}"
    assert "共 <b>2</b> 家" in body(browser.get(led.url))
    values = {"pk": keys, "act": "add", "tags": "、".join(["出口", *ODD]), "key_lists": ["trade"]}
    page = body(browser.post(PATH, values, follow=True))
    assert "已为 2 家企业加上“重点外贸”“出口”“&lt;b&gt;”" in page
    assert tags() == {"北区甲厂": ["出口", *ODD], "北区乙厂": ["出口", *ODD], "北区丙厂": []}
    assert Enterprise.objects.get(pk=three[1].pk).key_lists == ["trade"]
    again = body(browser.post(PATH, values, follow=True))
    assert "已为 0 家企业" in again
    assert list(Enterprise.objects.order_by("pk").values_list("version", flat=True)) == [2, 2, 1]


def test_taking_away_touches_those_alone_that_have_it(signed_in, office, three):
    Enterprise.objects.filter(pk__in=[one.pk for one in three[:2]]).update(tags=["出口", "𠮷"])
    values = {"pk": [one.pk for one in three], "act": "remove", "tags": "𠮷"}
    assert "已为 2 家企业去掉“𠮷”" in body(signed_in(office).post(PATH, values, follow=True))
    assert list(tags().values()) == [["出口"], ["出口"], []]


def test_all_that_a_filter_finds_are_labelled_and_the_list_comes_back_filtered(signed_in, office, north, three):
    for number in range(30):
        factories.EnterpriseFactory.create(name=f"北区第{number}便利店", region=north)
    browser = signed_in(office)
    assert "filter=q%3D%25E4" in body(browser.get("/enterprises/?q=便利店&sort=name"))
    page = browser.get(PATH, {"filter": "q=便利店"})
    assert "筛选结果共 <b>30</b> 家，列出前 20 家" in body(page)
    answer = browser.post(PATH, {"filter": "q=便利店", "act": "add", "tags": "小店"})
    assert answer.url == "/enterprises/?q=%E4%BE%BF%E5%88%A9%E5%BA%97"
    assert Enterprise.objects.filter(tags=["小店"]).count() == 30
    assert "共 30 条" in body(browser.get("/enterprises/?tag=小店"))


def test_a_malformed_filter_means_nobody(signed_in, office, three):
    browser = signed_in(office)
    for wrong in ("region=1", "size=gigantic", "nonsense=1"):
        browser.post(PATH, {"filter": wrong, "act": "add", "tags": "甲"})
    assert not any(tags().values())


def test_other_districts_stay_as_they_are(signed_in, office, three):
    elsewhere = factories.EnterpriseFactory.create(region=factories.district(3))
    browser = signed_in(office)
    browser.post(PATH, {"pk": [elsewhere.pk, "x", "9" * 30], "act": "add", "tags": "甲"})
    browser.post(PATH, {"filter": "", "act": "add", "tags": "甲"})
    elsewhere.refresh_from_db()
    assert elsewhere.tags == []
    assert Enterprise.objects.filter(tags=["甲"]).count() == 3


def test_nothing_chosen_is_refused(signed_in, office, three):
    answer = signed_in(office).post(PATH, {"pk": [three[0].pk], "act": "add", "tags": " "})
    assert answer.status_code == 422
    assert "请选择重点名单，或填写标签" in body(answer)


def test_the_page_leads_to_each_labels_list(signed_in, office, three):
    Enterprise.objects.filter(pk=three[0].pk).update(tags=ODD, key_lists=["logistics"])
    browser = signed_in(office)
    page = body(browser.get(three[0].get_absolute_url()))
    assert 'href="/enterprises/?key_list=logistics"' in page
    for word in ODD:
        found = browser.get("/enterprises/", {"tag": word})
        assert [row.pk for row in found.context["listing"].rows] == [three[0].pk]
    assert "<b></span>" not in page
    assert "&lt;b&gt;" in page


def test_many_take_as_many_statements_as_few(north, django_assert_max_num_queries):
    counts = []
    for total in (2, 40):
        for _ in range(total):
            factories.EnterpriseFactory.create(region=north)
        with django_assert_max_num_queries(100) as asked:
            labelling.add(Enterprise.objects.all(), Labels(["trade"], [f"批{total}"]))
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_who_label_at_once_lose_nothing(at_once, three):
    everything = Enterprise.objects.all
    at_once(
        lambda: labelling.add(everything(), Labels(tags=["甲"])),
        lambda: labelling.add(everything(), Labels(tags=["乙"])),
    )
    assert all(sorted(found) == ["乙", "甲"] for found in tags().values())


def test_whose_frequency_is_not_kept_is_found_by_the_light(signed_in, office, three):
    factories.assign(factories.cadre(Role.SPECIALIST), three[0])
    rows = signed_in(office).get("/enterprises/?light=red").context["listing"].rows
    assert [row.pk for row in rows] == [three[0].pk]
