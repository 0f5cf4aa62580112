import csv
from decimal import Decimal
from pathlib import Path

import pytest

import enterprises.rules.size as rules
from enterprises.models import Enterprise
from enterprises.rules.industries import divisions
from enterprises.rules.size import row_for, size_of

with (Path(rules.__file__).parent.parent / "data" / "enterprise_size_2017.csv").open(encoding="utf-8") as table:
    LIMITS = list(csv.DictReader(table))

# One division and group for each row of the rule.
EXAMPLES = {
    "农林牧渔": ("01", ""),
    "工业": ("34", "341"),
    "建筑": ("47", ""),
    "批发": ("51", ""),
    "零售": ("52", ""),
    "交通运输": ("54", ""),
    "仓储": ("59", "592"),
    "邮政": ("60", ""),
    "住宿": ("61", ""),
    "餐饮": ("62", ""),
    "信息传输": ("64", ""),
    "软件和信息技术服务": ("65", ""),
    "房地产开发经营": ("70", "701"),
    "物业管理": ("70", "702"),
    "租赁和商务服务": ("72", ""),
    "其他未列明": ("73", ""),
}
PLENTY = {"headcount": 10**6, "revenue": Decimal(10**9), "assets": Decimal(10**9)}
BELOW = {"large": "medium", "medium": "small", "small": "micro"}


def size_with(row: str, **facts: Decimal | int | None) -> str | None:
    given = PLENTY | facts
    return size_of(*EXAMPLES[row], given["headcount"], given["revenue"], given["assets"])


@pytest.mark.parametrize("size", list(BELOW))
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit['industry']}-{limit['fact']}")
def test_each_limit_of_the_rule_divides_one_size_from_the_next(limit: dict[str, str], size: str):
    least = int(limit[size])
    step = 1 if limit["fact"] == "headcount" else Decimal("0.01")
    assert size_with(limit["industry"], **{limit["fact"]: least}) == size
    assert size_with(limit["industry"], **{limit["fact"]: least - step}) == BELOW[size]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit['industry']}-{limit['fact']}")
def test_a_size_is_open_while_a_fact_it_needs_is_missing(limit: dict[str, str]):
    assert size_with(limit["industry"], **{limit["fact"]: None}) is None


@pytest.mark.parametrize("row", list(EXAMPLES))
def test_facts_that_the_rule_does_not_ask_for_may_be_missing(row: str):
    asked = {limit["fact"] for limit in LIMITS if limit["industry"] == row}
    assert size_with(row, **dict.fromkeys(set(PLENTY) - asked)) == "large"


@pytest.mark.parametrize(
    ("headcount", "revenue", "size"),
    [
        (1000, 40000, "large"),
        (1000, 39999, "medium"),
        (999, 40000, "medium"),
        (300, 2000, "medium"),
        (5000, 300, "small"),
        (5000, 299, "micro"),
        (19, 90000, "micro"),
        (0, 0, "micro"),
    ],
)
def test_all_lower_limits_must_be_met(headcount: int, revenue: int, size: str):
    assert size_of("34", "", headcount, revenue, None) == size


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("05", "农林牧渔"),
        ("06", "工业"),
        ("46", "工业"),
        ("50", "建筑"),
        ("53", None),
        ("58", "交通运输"),
        ("591", "交通运输"),
        ("595", "仓储"),
        ("59", None),
        ("63", "信息传输"),
        ("66", None),
        ("70", None),
        ("703", "其他未列明"),
        ("704", None),
        ("709", "其他未列明"),
        ("71", "租赁和商务服务"),
        ("79", "其他未列明"),
        ("82", "其他未列明"),
        ("83", None),
        ("84", None),
        ("85", "其他未列明"),
        ("90", "其他未列明"),
        ("91", None),
        ("97", None),
        ("", None),
    ],
)
def test_an_industry_has_the_row_that_the_rule_names(code: str, row: str | None):
    assert row_for(code[:2], code if len(code) == 3 else "") == row


def test_every_row_of_the_rule_is_reached():
    reached = {row_for(*example) for example in EXAMPLES.values()}
    assert reached == set(EXAMPLES) == {limit["industry"] for limit in LIMITS}


def test_an_industry_that_the_rule_does_not_cover_has_no_size():
    uncovered = {code for code in divisions() if row_for(code) is None}
    assert uncovered == {"53", "59", "70", "83", "84", *map(str, range(66, 70)), *map(str, range(91, 98))}
    assert size_of("66", "", 5000, 10**6, 10**6) is None


def test_the_sizes_are_those_that_an_enterprise_stores():
    assert {*BELOW, "micro"} == set(Enterprise.Size.values)
