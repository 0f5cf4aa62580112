"""What a search box compares: text as people type it, its bigrams, and the initials of its pinyin.

PostgreSQL's trigram index is no use for words of two Chinese characters; an index over an array of bigrams is.
`bigrams` and the SQL function `zq_bigrams` give the same grams for the same text.
"""

from __future__ import annotations

import json
import re
import string
import unicodedata
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Func, Q, QuerySet, TextField, Value

# As many keys are looked up one by one; beyond, a page's worth is found sooner by going through the list.
FEW: Final = 2_000

# Blanks that NFKC doesn't turn into a space.
_BLANKS: Final = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"

# What comes along with copied text and can't be seen: controls, zero-width characters, marks of writing direction.
_INVISIBLE: Final = "".join(
    chr(code)
    for first, last in (
        (0x01, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x180E, 0x180E), (0x200B, 0x200F),
        (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x2069), (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)  # fmt: skip

_UNWANTED: Final = (0, *map(ord, _INVISIBLE), *range(0xD800, 0xE000))
_CLEAN: Final = dict.fromkeys(_UNWANTED) | dict.fromkeys(map(ord, _BLANKS), " ")
# Full-width digits, letters and blanks. Punctuation stays as it is written: a registered name has “（集团）”.
_NARROW: Final = {
    code: code - 0xFEE0
    for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
    for code in range(ord(first), ord(last) + 1)
} | {0x3000: " ", 0xA0: " "}
_WIDE: Final = re.compile(f"[{''.join(map(chr, _NARROW))}]")
_UNMISTAKABLE: Final = re.compile("[0-9\u4e00-\u9fff]")
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def normalise(text: str) -> str:
    """NFKC, runs of blanks as one space, none at the ends, nothing invisible and nothing PostgreSQL can't store."""
    return " ".join(unicodedata.normalize("NFKC", _cleaned(text)).split())


def tidy(text: str) -> str:
    """Text as it is stored and shown: like `normalise`, but only digits, letters and blanks change their width."""
    cleaned = _cleaned(text)
    return " ".join((cleaned.translate(_NARROW) if _WIDE.search(cleaned) else cleaned).split())


def _cleaned(text: str) -> str:
    """Imports clean millions of cells; in what is printable there is nothing to be cleaned."""
    return text if text.isprintable() else text.translate(_CLEAN)


def bigrams(text: str) -> list[str]:
    """The pairs of neighbouring characters, each once and in order of code points, without blanks and capitals.

    A text of one character is its own only gram.
    """
    letters = normalise(text).replace(" ", "").translate(_LOWER)
    if len(letters) == 1:
        return [letters]
    return sorted({letters[place : place + 2] for place in range(len(letters) - 1)})


def matching(query: str) -> list[str]:
    """The grams that a text must contain (`@>`) to be found; what stands between blanks may stand anywhere.

    Words of one character are in no index and left out; an empty list means that none can help.
    """
    return sorted({gram for word in normalise(query).split() if len(word) > 1 for gram in bigrams(word)})


def words(field: str, query: str) -> Q:
    """Rows whose field holds the words of the query: by the bigram index, and by plain search for single characters."""
    found = Q()
    if wanted := matching(query):
        # In this order: within an OR, PostgreSQL compares as it is told.
        found &= _at_first_sight(field, wanted) & Q(holding(field, wanted))
    for word in normalise(query).split():
        if len(word) == 1:
            found &= Q(**{f"{field}__icontains": word})
    return found


def holding(field: str, grams: list[str]) -> Func:
    """Whether the field's bigrams, which an index keeps, hold these."""
    kept: Any = ArrayField(TextField())
    own, wanted = Func(field, function="zq_bigrams", output_field=kept), Value(grams, output_field=kept)
    return Func(own, wanted, template="(%(expressions)s)", arg_joiner=" @> ", output_field=BooleanField())


def _at_first_sight(field: str, grams: list[str]) -> Q:
    """What holds for every text with these bigrams, and is seen at a fiftieth of what it costs to make its own.

    An ideograph and a digit are made by NFKC alone, from a character that is never in a normalised text. So either the
    text has each as it is, or it isn't normalised. Rows that no index found are compared with this before all else.
    """
    as_it_is, form = Q(), Func(field, template="(%(expressions)s IS NFKC NORMALIZED)", output_field=BooleanField())
    for letter in sorted({letter for gram in grams for letter in gram if _UNMISTAKABLE.match(letter)}):
        as_it_is &= Q(**{f"{field}__contains": letter})
    return as_it_is | ~Q(form) if as_it_is else Q()


def expected(found: QuerySet[Any]) -> int:
    """About how many rows there are, by what PostgreSQL knows of the columns. One query, which reads none of them."""
    (told,) = json.loads(found.order_by().values("pk").explain(format="json"))
    return int(told["Plan"]["Plan Rows"])


def keys(found: QuerySet[Any]) -> list[int] | QuerySet[Any]:
    """What `__in` takes for these rows: their keys where they are few, otherwise the rows as a subquery. One query.

    With keys in hand PostgreSQL looks each up, in several indexes where the condition is an OR; a subquery within an OR
    it can only hold against every row in turn: right where a row in fifty is found, ruinous for a rare word.
    """
    few = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    return few if len(few) <= FEW else found.order_by().values("pk")


def _escaped(characters: str) -> str:
    return "".join(f"\\{ord(character):04X}" for character in characters)


# In a language that keeps its plan: about a third of what a query over the letters takes, for each row compared.
CREATE_BIGRAMS_SQL: Final = f"""
CREATE OR REPLACE FUNCTION zq_bigrams(source text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    letters text[] := string_to_array(
        lower(translate(
            normalize(translate(source, U&'{_escaped(_INVISIBLE)}', ''), NFKC), U&' {_escaped(_BLANKS)}', ''
        ) COLLATE "C"), NULL
    );
    grams text[] := '{{}}';
BEGIN
    IF cardinality(letters) = 1 THEN
        RETURN letters;
    END IF;
    FOR place IN 2 .. cardinality(letters) LOOP
        grams[place - 1] := letters[place - 1] || letters[place];
    END LOOP;
    RETURN grams;
END
$$
"""

DROP_BIGRAMS_SQL: Final = "DROP FUNCTION zq_bigrams(text)"


# Readings that pypinyin lacks, or that names use and dictionaries don't put first.
_READINGS: Final = {ord("𠮷"): "jí", ord("晟"): "shèng"}

# Surnames that are read in another way than the character alone.
_SURNAMES: Final = {
    "万俟": "mq", "尉迟": "yc", "长孙": "zs",
    "乐": "y", "仇": "q", "区": "o", "单": "s", "召": "s", "折": "s", "曾": "z", "查": "z", "种": "c", "秘": "b",
    "繁": "p", "翟": "z", "覃": "q", "解": "x",
}  # fmt: skip


def initials(name: str, *, person: bool = False) -> str:
    """The first letters of the pinyin, lower case; Latin letters and digits stay, everything else is left out.

    Words are read as words (重庆 is cq), and with `person` surnames as surnames (曾国藩 is zgf).
    """
    text = normalise(name)
    surname = next((known for known in _SURNAMES if text.startswith(known)), "") if person else ""
    words = _dictionary().seg.mmseg.seg.cut(text.removeprefix(surname))
    return _SURNAMES.get(surname, "") + "".join(map(_letters, words))


@lru_cache(maxsize=20_000)
def _letters(word: str) -> str:
    """Of one word, as pypinyin cuts names into words; names have most of their words in common."""
    dictionary = _dictionary()
    return "".join(dictionary.lazy_pinyin(word, style=dictionary.Style.FIRST_LETTER, errors=_latin))


@cache
def _dictionary() -> ModuleType:
    """pypinyin, whose words take a third of a process's start and 30 MB: only whoever reads names aloud loads them."""
    import pypinyin

    pypinyin.load_single_dict(_READINGS)
    return pypinyin


def _latin(chunk: str) -> str:
    return "".join(character for character in chunk.lower() if character.isascii() and character.isalnum())
