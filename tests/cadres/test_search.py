import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cadres.search import CREATE_BIGRAMS_SQL, bigrams, holding, initials, matching, normalise, tidy
from cadres.search import words as words_of
from enterprises.models import Enterprise
from tests import factories


def test_bigrams_are_pairs_of_neighbours_each_once():
    assert bigrams("人民人民") == sorted(["人民", "民人"])
    assert bigrams("油") == ["油"]
    assert bigrams("") == bigrams(" \u200b") == []


def test_bigrams_know_neither_capitals_nor_blanks_nor_width():
    assert bigrams("ＡＢ c") == bigrams("abC") == ["ab", "bc"]
    assert bigrams("克拉玛依 油田") == bigrams("克拉玛依油田")
    assert bigrams("（集团）") == bigrams("(集团)")


def test_a_character_beyond_the_basic_plane_is_one_character():
    assert bigrams("𠮷野家") == sorted(["𠮷野", "野家"])


def test_what_is_searched_for_in_words_may_stand_apart():
    assert set(matching("华油 技术")) == {"华油", "技术"}
    assert set(matching("华油 技术")) <= set(bigrams("新疆华油工程技术服务有限公司"))
    assert not set(matching("华油技术")) <= set(bigrams("新疆华油工程技术服务有限公司"))


def test_tidy_text_keeps_its_punctuation_and_rare_characters():
    assert tidy("\u3000澜川第１２（Ａ）\u200b 公司 \n") == "澜川第12（A） 公司"
    assert tidy("<𠮷野家>'=1，２%") == "<𠮷野家>'=1，2%"


def test_a_single_character_is_too_short_for_the_index():
    assert matching("油") == []
    assert matching("油 ") == []
    assert matching("油 技术") == ["技术"]
    assert matching("") == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  新疆　石油\t有限 公司\n", "新疆 石油 有限 公司"),
        ("９１ＡＢ", "91AB"),
        ("张\u200b三\ufeff", "张三"),
        ("a\x00b\x07c", "abc"),
        ("\ud842坏", "坏"),
        ("𠮷<'=", "𠮷<'="),
    ],
)
def test_text_is_normalised(typed: str, stored: str):
    assert normalise(typed) == stored


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("重庆火锅店", "cqhgd"),
        ("长城钻探（集团）ABC-12", "ccztjtabc12"),
        ("中国银行", "zgyh"),
        ("𠮷野家", "jyj"),
        ("女儿绿", "nel"),
        ("", ""),
        ("？！", ""),
    ],
)
def test_initials_are_those_of_the_words(name: str, letters: str):
    assert initials(name) == letters


@pytest.mark.parametrize(("name", "letters"), [("曾国藩", "zgf"), ("单于", "sy"), ("尉迟恭", "ycg"), ("张三", "zs")])
def test_a_surname_is_read_as_a_surname(name: str, letters: str):
    assert initials(name, person=True) == letters


@given(st.text())
def test_initials_are_lower_case_latin_letters_and_digits_only(name: str):
    assert all(letter.isascii() and (letter.islower() or letter.isdigit()) for letter in initials(name))


# The same in SQL

known_to_both = st.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\x00")
words = st.text(known_to_both, max_size=40) | st.text("克拉玛依油田Ａａ１ （）𠮷\t\u3000\u200b ſKİßΣ", max_size=40)


@pytest.fixture
def _function(db: None):
    with connection.cursor() as cursor:
        cursor.execute(CREATE_BIGRAMS_SQL)


@pytest.fixture
def enterprise(db: None) -> Enterprise:
    return factories.EnterpriseFactory.create()


def grams_in_sql(text: str) -> list[str]:
    """As `bigrams` gives them; the database leaves them in the text's order, as often as they stand there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT zq_bigrams(%s)", [text])
        return sorted(set(cursor.fetchone()[0]))


@pytest.mark.usefixtures("_function")
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words)
@example("")
@example("油")
@example(" 油\u200d ")
@example("Σίσυφος ΣΑΣ İI ẞ ſ")
@example("a\u0300\u200b\u0301 e\u0301")
@example("가각 ㈱ ﷺ")
def test_the_database_makes_the_same_bigrams(text: str):
    assert grams_in_sql(text) == bigrams(text)


@pytest.mark.usefixtures("_function")
def test_every_blank_and_invisible_character_is_left_out_by_the_database_too():
    for code in range(1, 0x3001):
        character = chr(code)
        if character.isspace() or unicodedata.category(character) in ("Cc", "Cf"):
            text = f"克{character}拉"
            assert grams_in_sql(text) == bigrams(text), hex(code)


@pytest.mark.usefixtures("_function")
def test_an_index_may_be_built_over_the_bigrams():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE names (name text)")
        cursor.execute("CREATE INDEX ON names USING gin (zq_bigrams(name))")
        cursor.execute("INSERT INTO names VALUES ('克拉玛依油田'), ('独山子炼油'), (NULL)")
        cursor.execute("SELECT name FROM names WHERE zq_bigrams(name) @> %s", [matching("油田")])
        assert cursor.fetchall() == [("克拉玛依油田",)]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words | st.text("返岗更\uf901\u2f00一①１1 \u200b\u3099か", max_size=12), words)
@example("返\u200b 岗", "返岗")
@example("\uf901衣", "更衣")
@example("①１", "11")
@example("\u2f00级", "一级")
def test_what_is_seen_at_first_sight_hides_no_row(enterprise: Enterprise, text: str, other: str):
    """Ideographs and digits may stand in a text in forms that only its bigrams show; blanks may part them."""
    row = Enterprise.objects.filter(pk=enterprise.pk)
    row.update(name=f"{text[:40]}公司")
    for query in (text, other, f"{text} {other}"):
        if grams := matching(query):
            pairs = " ".join(grams)
            assert row.filter(words_of("name", pairs)).exists() == row.filter(holding("name", grams)).exists()
