"""The language of queries: words, "phrases", beginnings*, -exclusions, `or`, and operators such as vendor:Name.

Parsing asks no database: an operator keeps the value that was typed, and filters.py looks it up.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from forum.search.stemming import stem
from forum.search.words import MAX_WORD_LENGTH, STOP_WORDS, is_cjk, words_of

MAX_QUERY_LENGTH = 200
MAX_UNITS = 12
MAX_VARIANTS = 12
MIN_PREFIX_LENGTH = 3
MIN_PART_LENGTH = 3  # of a word that is looked for in two parts
OPERATORS = ("vendor", "tag", "author", "is", "before", "after")
_UNITS = re.compile(r'(?P<minus>-?)(?:(?P<operator>[a-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))', re.I)
_QUOTES = re.compile("[\u201c-\u201f\u00ab\u00bb\uff02]")
_PARTS = re.compile(r"[a-z]+|[0-9]+")


class Phrase(NamedTuple):
    """Stems that follow each other; of a prefix the last one is the beginning of a word, as typed."""

    words: tuple[str, ...]
    is_prefix: bool = False


class Filter(NamedTuple):
    """An operator and its value, as typed."""

    operator: str
    value: str
    is_negated: bool


class Expression(NamedTuple):
    """A query: of each group one phrase at least, of `excluded` none, and all filters."""

    groups: tuple[tuple[Phrase, ...], ...] = ()
    excluded: tuple[Phrase, ...] = ()
    filters: tuple[Filter, ...] = ()
    is_title_only: bool = False
    # Words without quotes or operators, folded: names of vendors and tags are looked for among them.
    plain_words: tuple[str, ...] = ()
    is_cut: bool = False


class _Unit(NamedTuple):
    """What stands between two spaces, or in quotes."""

    words: tuple[str, ...]
    is_quoted: bool
    is_prefix: bool
    is_negated: bool
    is_alternative: bool  # `or` stands before it

    @property
    def is_plain(self) -> bool:
        """Whether it is a single word without any signs."""
        return len(self.words) == 1 and not (self.is_quoted or self.is_prefix or self.is_negated)


def parse(query: str) -> Expression:
    """Return what a query asks for. Nothing is an error: an operator that is unknown is searched as words."""
    units: list[_Unit] = []
    filters: list[Filter] = []
    is_title_only = is_or = False
    matches = list(_UNITS.finditer(_QUOTES.sub('"', query[:MAX_QUERY_LENGTH])))
    for match in matches[:MAX_UNITS]:
        operator, value = (match["operator"] or "").lower(), match["phrase"] or match["word"] or ""
        if operator in OPERATORS and value:
            filters.append(Filter(operator, value, bool(match["minus"])))
        elif operator == "in" and value.lower() == "title":
            is_title_only = True
        elif match[0].lower() == "or" and units:
            is_or = True
            continue
        elif words := _words_of(match):
            units.append(_unit(match, words, is_alternative=is_or))
        is_or = False
    groups, excluded = _groups(units), [_phrases(unit) for unit in units if unit.is_negated]
    return Expression(
        tuple(groups),
        tuple(phrase for phrases in excluded for phrase in phrases),
        tuple(filters),
        is_title_only,
        tuple(unit.words[0] for unit in units if unit.is_plain),
        len(query) > MAX_QUERY_LENGTH or len(matches) > MAX_UNITS,
    )


def title_expression(title: str) -> Expression:
    """Return the query for titles that share a word with this one."""
    words = dict.fromkeys(word for word in words_of(title) if word not in STOP_WORDS and len(word) > 1)
    group = tuple(Phrase((stem(word),)) for word in list(words)[:MAX_UNITS])
    return Expression(groups=(group,) if group else (), is_title_only=True)


def _words_of(match: re.Match[str]) -> list[str]:
    """Return the words of a unit; those of an unknown operator, too."""
    operator = f"{match['operator']} " if match["operator"] else ""
    return words_of(operator + (match["phrase"] or match["word"] or ""))


def _unit(match: re.Match[str], words: Sequence[str], *, is_alternative: bool) -> _Unit:
    is_prefix = match[0].endswith("*") and len(words[-1]) >= MIN_PREFIX_LENGTH
    return _Unit(tuple(words), match["phrase"] is not None, is_prefix, bool(match["minus"]), is_alternative)


def _groups(units: Sequence[_Unit]) -> list[tuple[Phrase, ...]]:
    """Return the phrases of each unit; `or` puts those of two units into one group.

    Stop words are left out unless nothing else is looked for.
    """
    units = [unit for unit in units if not unit.is_negated]
    joined = _joined_neighbours(units)
    has_content = any(not _is_stop_word(unit) for unit in units)
    groups: list[tuple[Phrase, ...]] = []
    for n, unit in enumerate(units):
        if has_content and _is_stop_word(unit):
            continue
        phrases = (*_phrases(unit), *(Phrase((word,)) for word in joined.get(n, ())))
        if unit.is_alternative and groups:
            groups[-1] += phrases
        else:
            groups.append(phrases)
    return groups


def _is_stop_word(unit: _Unit) -> bool:
    return unit.is_plain and unit.words[0] in STOP_WORDS


def _joined_neighbours(units: Sequence[_Unit]) -> dict[int, list[str]]:
    """Return, by the number of a unit, what it may be in one word with its neighbours: pre sales, presales."""
    joined: dict[int, list[str]] = {}
    for n, (unit, following) in enumerate(pairwise(units)):
        if unit.is_plain and following.is_plain and not following.is_alternative:
            word = stem((unit.words[0] + following.words[0])[:MAX_WORD_LENGTH])
            joined.setdefault(n, []).append(word)
            joined.setdefault(n + 1, []).append(word)
    return joined


def _phrases(unit: _Unit) -> list[Phrase]:
    """Return the phrases that a unit stands for: itself, and with one of its words in two, or two in one."""
    words = unit.words
    if unit.is_prefix or (len(words) == 1 and is_cjk(words[0]) and len(words[0]) == 1):
        return [Phrase((*map(stem, words[:-1]), words[-1]), is_prefix=True)]
    variants = dict.fromkeys([words, *_joined(words), *_parted(words)])
    return [Phrase(tuple(map(stem, variant))) for variant in list(variants)[:MAX_VARIANTS]]


def _joined(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(words) > 2:
        yield ("".join(words)[:MAX_WORD_LENGTH],)
    for n, (word, following) in enumerate(pairwise(words)):
        if not (is_cjk(word) or is_cjk(following)):
            yield (*words[:n], (word + following)[:MAX_WORD_LENGTH], *words[n + 2 :])


def _parted(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for n, word in enumerate(words):
        for parts in _parts_of(word):
            yield (*words[:n], *parts, *words[n + 1 :])


def _parts_of(word: str) -> Iterator[tuple[str, ...]]:
    """Yield a word in two parts: between letters and digits, and wherever both parts may be words."""
    if not word.isascii() or len(word) > MAX_WORD_LENGTH // 2:
        return
    runs = _PARTS.findall(word)
    if len(runs) > 1:
        yield tuple(runs)
        return
    for n in range(MIN_PART_LENGTH, len(word) - MIN_PART_LENGTH + 1):
        if STOP_WORDS.isdisjoint((word[:n], word[n:])):
            yield word[:n], word[n:]
