import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.rules.credit_code import ALPHABET, check_character, normalise_code, problem_with

with (Path(__file__).parent.parent / "data" / "credit_codes.csv").open(encoding="utf-8") as vectors:
    VECTORS = [(row["code"], row["valid"] == "yes", row["why"]) for row in csv.DictReader(vectors)]


@pytest.mark.parametrize(("code", "valid", "why"), VECTORS)
def test_codes_are_right_or_wrong_as_known(code: str, valid: bool, why: str):
    assert (problem_with(normalise_code(code)) is None) is valid, why


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "统一社会信用代码应为18位，现为0位，请补全或删去多余字符。"),
        ("91990102MA7QY0017", "统一社会信用代码应为18位，现为17位，请补全或删去多余字符。"),
        ("91990102MA7QY0017J1", "统一社会信用代码应为18位，现为19位，请补全或删去多余字符。"),
        (
            "91990102MA7QYO017J",
            "统一社会信用代码第14位“O”不是代码可用的字符（代码不用字母I、O、S、V、Z，可能应为“0”），请对照营业执照修改。",
        ),
        (
            "9199010#MA7QY0017J",
            "统一社会信用代码第8位“#”不是代码可用的字符（只用数字和大写字母），请对照营业执照修改。",
        ),
        (
            "91990102MA7QY0017K",
            "统一社会信用代码校验不符：按前17位末位应为“J”，现为“K”，请对照营业执照逐位核对。",
        ),
    ],
)
def test_a_wrong_code_says_what_is_wrong_and_what_to_do(code: str, message: str):
    assert problem_with(code) == message


def test_a_code_is_normalised_before_it_is_stored():
    assert normalise_code(" ９１990102 ma7qy\u3000001７j\u200b\n") == "91990102MA7QY0017J"
    assert normalise_code("") == ""


bodies = st.text(ALPHABET, min_size=17, max_size=17)


@given(bodies)
def test_exactly_one_check_character_is_right(body: str):
    assert [last for last in ALPHABET if problem_with(body + last) is None] == [check_character(body)]


@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_character_taken_for_another_is_noticed(body: str, place: int, other: str):
    code = body + check_character(body)
    wrong = code[:place] + other + code[place + 1 :]
    assert (problem_with(wrong) is None) is (wrong == code)


@given(bodies, st.integers(0, 16))
def test_two_neighbours_in_the_wrong_order_are_noticed(body: str, place: int):
    code = body + check_character(body)
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (problem_with(wrong) is None) is (wrong == code)


@given(st.text())
def test_any_text_gets_an_answer(text: str):
    assert "请" in (problem_with(normalise_code(text)) or "请")
