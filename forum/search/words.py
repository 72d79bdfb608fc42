"""The words of a text, as the index stores them and queries look for them: both go through here alone.

Words are folded (case, accents, apostrophes), and stemmed in Python, so that SQLite and PostgreSQL find the same. Runs
of Chinese, Japanese and Korean, which have no spaces, become pairs of characters.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from forum.search.stemming import stem
from forum.text import APOSTROPHES, HYPHENS, fold, normalize, without_invisible

MAX_WORD_LENGTH = 40
# PostgreSQL counts no position above 16,383.
MAX_WORDS = 8000
_CJK = "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_CJK_RUNS = re.compile(f"([{_CJK}]+)")
# Names that would be nothing without their signs.
_SIGNS = (
    (re.compile(r"(?<![a-z0-9])([a-z])#", re.I), r" \1sharp "),
    (re.compile(r"(?<![a-z0-9])([a-z])\+\+", re.I), r" \1plusplus "),
    (re.compile(r"(?<![a-z0-9])\.net(?![a-z0-9])", re.I), " dotnet "),
)
_CONTRACTIONS = re.compile(f"(?<=[^\\W_])[{APOSTROPHES}](?=(?:s|t|ll|re|ve|d|m)\\b)", re.I)
# Written in one, in two or with a sign: presales, pre sales, pre-sales.
_COMPOUNDS = re.compile(f"[^\\W_]+(?:[{HYPHENS}/&{APOSTROPHES}][^\\W_]+){{1,3}}")
STOP_WORDS = frozenset(
    """
    a about all also am an and any are as at be been but by can could did do does for from had has have he her his how i
    if in into is it its just me more my no not of on or our out she so some than that the their them then there they
    this to up us was we were what when where which who why will with would you your
    """.split()
)


class IndexedWords(NamedTuple):
    """The words of a text for the index, with spaces between them, and how many words the text has.

    After the stems come, each once, the words that stemming changed, so that the beginning of a word is found as
    written, and compounds such as pre-sales in one word.
    """

    text: str
    length: int


def words_of(text: str) -> list[str]:
    """Return the folded words of a text in their order, not stemmed."""
    return list(_words_in(text))


def indexed_words(text: str) -> IndexedWords:
    """Return what the index stores of a text."""
    words = words_of(text)[:MAX_WORDS]
    stems = [stem(word) for word in words]
    changed = (word for word, its_stem in zip(words, stems, strict=True) if word != its_stem)
    compounds = (stem(fold(match[0]).replace("-", "")[:MAX_WORD_LENGTH]) for match in _COMPOUNDS.finditer(text))
    extra = dict.fromkeys(word for word in (*changed, *compounds) if word)
    return IndexedWords(" ".join([*stems, *extra]), len(stems))


def is_cjk(word: str) -> bool:
    """Return whether a folded word is of characters that are written without spaces."""
    return bool(_CJK_RUNS.match(word))


def _words_in(text: str) -> Iterator[str]:
    text = _CONTRACTIONS.sub("", normalize("NFKC", without_invisible(text)))
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    for n, part in enumerate(_CJK_RUNS.split(text)):
        if n % 2:
            yield from _pairs(part)
        elif part:
            yield from (word[:MAX_WORD_LENGTH] for word in fold(part).split("-") if word)


def _pairs(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(max(len(run) - 1, 1))]
