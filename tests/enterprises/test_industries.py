import pytest

from enterprises.rules.industries import choices, division, divisions, parse, sections


def test_all_divisions_of_the_standard_are_known():
    assert len(divisions()) == 97
    assert list(divisions()) == [f"{number:02}" for number in range(1, 98)]
    assert [letter for letter, _ in sections()] == list("ABCDEFGHIJKLMNOPQRST")
    assert dict(sections())["C"] == "制造业"


@pytest.mark.parametrize(
    ("text", "code", "group"),
    [
        ("C34", "C34", ""),
        ("34", "C34", ""),
        ("C341", "C341", "341"),
        ("341", "C341", "341"),
        ("C3411", "C341", "341"),
        ("C340", "C34", ""),
        ("c34", "C34", ""),
        (" Ｃ３４ ", "C34", ""),
        ("A01", "A01", ""),
        ("01", "A01", ""),
        ("T97", "T97", ""),
    ],
)
def test_codes_are_read_as_people_write_them(text: str, code: str, group: str):
    industry = parse(text)
    assert (industry.code, industry.group) == (code, group)
    assert division(text) == industry.division


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "行业代码“”不对，应为门类字母加两位大类，如 C34，可再加一位中类，如 C341。"),
        ("制造业", "行业代码“制造业”不对"),
        ("C", "应为门类字母加两位大类"),
        ("1", "应为门类字母加两位大类"),
        ("C34111", "应为门类字母加两位大类"),
        ("٣٤", "应为门类字母加两位大类"),
        ("C98", "行业代码“C98”的大类 98 不在 GB/T 4754-2017 中，请核对。"),
        ("A34", "大类 34 通用设备制造业属于门类 C，不属于 A，应写 C34。"),
    ],
)
def test_a_wrong_code_says_what_is_wrong_and_what_to_write(text: str, message: str):
    with pytest.raises(ValueError, match=message):
        parse(text)
    assert division(text) is None


def test_a_division_has_the_names_of_the_standard():
    assert division("34") == ("C", "制造业", "34", "通用设备制造业")


def test_a_select_offers_every_division_below_its_section():
    offered = choices()
    assert [section for section, _ in offered][:2] == ["A 农、林、牧、渔业", "B 采矿业"]
    assert ("C34", "34 通用设备制造业") in dict(offered)["C 制造业"]
    assert sum(len(members) for _, members in offered) == 97
    assert all(parse(code).code == code for _, members in offered for code, _ in members)
