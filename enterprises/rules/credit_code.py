"""The unified social credit code of GB 32100-2015: 17 characters and a check character."""

from __future__ import annotations

from typing import Final

from cadres.search import normalise

LENGTH: Final = 18
ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}

# 3^(i-1) modulo 31 of every place but the last (附录 A).
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(LENGTH - 1))

# Letters that the alphabet leaves out because they are taken for these.
_LOOKS_LIKE: Final = {"I": "1", "O": "0", "Z": "2", "S": "5", "V": "U"}


def normalise_code(text: str) -> str:
    """The code as it is stored: half-width, capital, without any blanks. Empty stays empty."""
    return normalise(text).replace(" ", "").upper()


def check_character(body: str) -> str:
    """The 18th character for the first 17, by their weighted sum modulo 31 (GB 32100-2015, 附录 A)."""
    total = sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def problem_with(code: str) -> str | None:
    """What is wrong with a normalised code and what to do, in Chinese; None if nothing is."""
    if len(code) != LENGTH:
        return f"统一社会信用代码应为{LENGTH}位，现为{len(code)}位，请补全或删去多余字符。"
    for place, character in enumerate(code, start=1):
        if character not in _VALUES:
            return f"统一社会信用代码第{place}位“{character}”不是代码可用的字符{_hint(character)}，请对照营业执照修改。"
    expected = check_character(code[:-1])
    if code[-1] != expected:
        return f"统一社会信用代码校验不符：按前17位末位应为“{expected}”，现为“{code[-1]}”，请对照营业执照逐位核对。"
    return None


def _hint(character: str) -> str:
    """Which letters a code never has, and what this one was probably meant to be."""
    meant = _LOOKS_LIKE.get(character)
    return f"（代码不用字母I、O、S、V、Z，可能应为“{meant}”）" if meant else "（只用数字和大写字母）"
