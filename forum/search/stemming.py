"""English stems: M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980).

Written here so that SQLite and PostgreSQL index the same words.
"""

import re
from functools import lru_cache

CACHE_SIZE = 20_000  # words of at most 40 letters, about 3 MB
MIN_LENGTH = 4  # shorter words, such as VDI and SBC, stay whole
_CONSONANTS, _VOWELS = "[^aeiou][^aeiouy]*", "[aeiouy][aeiou]*"
# Porter's m is how often vowels are followed by consonants.
_M_ABOVE_0 = re.compile(f"^(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}")
_M_IS_1 = re.compile(f"^(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}(?:{_VOWELS})?$")
_M_ABOVE_1 = re.compile(f"^(?:{_CONSONANTS})?{_VOWELS}{_CONSONANTS}{_VOWELS}{_CONSONANTS}")
_HAS_VOWEL = re.compile(f"^(?:{_CONSONANTS})?[aeiouy]")
_IS_SHORT = re.compile(f"^{_CONSONANTS}[aeiouy][^aeiouwxy]$")
_DOUBLE = re.compile(r"([^aeiouylsz])\1$")
_STEP_2 = dict(
    pair.split(":")
    for pair in (
        "ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous ization:ize "
        "ation:ate ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble logi:log"
    ).split()
)
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_ENDING_2 = re.compile(f"^(.+?)({'|'.join(_STEP_2)})$")
_ENDING_3 = re.compile(f"^(.+?)({'|'.join(_STEP_3)})$")
_ENDING_4 = re.compile(
    "^(.+?)(al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize|(?<=[st])ion)$"
)
# Words of this field that belong together although Porter keeps them apart.
_SAME_STEM = {"registr": "regist", "certifi": "certif"}


@lru_cache(maxsize=CACHE_SIZE)
def stem(word: str) -> str:
    """Return the stem of a folded word. Short words, numbers and other scripts are their own stem."""
    if len(word) < MIN_LENGTH or not (word.isascii() and word.isalpha()):
        return word
    result = "Y" + word[1:] if word[0] == "y" else word  # at the beginning, y is a consonant
    for step in (_without_plural, _without_past, _without_y, _replace_2, _replace_3, _without_ending, _without_e):
        result = step(result)
    return _SAME_STEM.get(result, result).lower()


def _without_plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _without_past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _M_ABOVE_0.match(word[:-3]) else word
    match = re.match("^(.+?)(ed|ing)$", word)
    if match is None or not _HAS_VOWEL.match(match[1]):
        return word
    start = match[1]
    if start.endswith(("at", "bl", "iz")) or _IS_SHORT.match(start):
        return start + "e"
    return start[:-1] if _DOUBLE.search(start) else start


def _without_y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and _HAS_VOWEL.match(word[:-1]) else word


def _replace_2(word: str) -> str:
    match = _ENDING_2.match(word)
    return match[1] + _STEP_2[match[2]] if match and _M_ABOVE_0.match(match[1]) else word


def _replace_3(word: str) -> str:
    match = _ENDING_3.match(word)
    return match[1] + _STEP_3[match[2]] if match and _M_ABOVE_0.match(match[1]) else word


def _without_ending(word: str) -> str:
    match = _ENDING_4.match(word)
    return match[1] if match and _M_ABOVE_1.match(match[1]) else word


def _without_e(word: str) -> str:
    if word.endswith("e"):
        start = word[:-1]
        if _M_ABOVE_1.match(start) or (_M_IS_1.match(start) and not _IS_SHORT.match(start)):
            word = start
    return word[:-1] if word.endswith("ll") and _M_ABOVE_1.match(word) else word
