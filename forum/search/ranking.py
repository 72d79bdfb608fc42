"""Order what matches: BM25 over the words of the index with a touch of recency, the same on every database.

S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). How rare a word is counts
among the matches alone.
"""

from collections.abc import Sequence
from math import log
from typing import NamedTuple, Protocol

from forum.search.expressions import Expression, Phrase
from forum.search.models import day_number_of

SATURATION = 1.2  # BM25's k1
LENGTH_WEIGHT = 0.75  # BM25's b
TITLE_WEIGHT = 4
# A text of today counts as much as an old one that fits this much better; half of it after a year.
RECENCY_WEIGHT = 0.3
RECENCY_HALF_LIFE_DAYS = 365
MAX_COUNT = 20


class Rankable(Protocol):
    """A row of the index."""

    @property
    def id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def word_count(self) -> int: ...


class Ranked(NamedTuple):
    """The score of a document; with its id the place in the list."""

    score: float
    id: int


def rank(rows: Sequence[Rankable], expression: Expression, today: int) -> list[Ranked]:
    """Return the rows' scores, the best first; `today` is the number of the day as in the ids."""
    if not rows:
        return []
    counts = [[_count(group, row) for group in expression.groups] for row in rows]
    mean_length = sum(row.word_count for row in rows) / len(rows) or 1
    weights = [_rarity(sum(1 for row in counts if row[n]), len(rows)) for n in range(len(expression.groups))]
    ranked = []
    for row, row_counts in zip(rows, counts, strict=True):
        length = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * row.word_count / mean_length
        relevance = sum(
            weight * count * (SATURATION + 1) / (count + SATURATION * length)
            for weight, count in zip(weights, row_counts, strict=True)
        )
        age = max(today - day_number_of(row.id), 0)
        recency = 1 + RECENCY_WEIGHT * 0.5 ** (age / RECENCY_HALF_LIFE_DAYS)
        ranked.append(Ranked(round((relevance or 1) * recency, 6), row.id))
    return sorted(ranked, reverse=True)


def _rarity(matches: int, total: int) -> float:
    return log(1 + (total - matches + 0.5) / (matches + 0.5)) + 1


def _count(group: Sequence[Phrase], row: Rankable) -> int:
    """Return how often the words of a group occur, those of the title several times."""
    title, body = f" {row.title} ", f" {row.body} "
    return max(
        min(TITLE_WEIGHT * title.count(word) + min(body.count(word), MAX_COUNT) for word in _needles(phrase))
        for phrase in group
    )


def _needles(phrase: Phrase) -> list[str]:
    """Return how each word of a phrase begins and ends in a text of words with spaces between them."""
    needles = [f" {word} " for word in phrase.words]
    return [*needles[:-1], f" {phrase.words[-1]}"] if phrase.is_prefix else needles
