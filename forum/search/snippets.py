"""The passages of a text in which the words of a query stand, with these words marked."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from forum.search.expressions import Expression, Phrase
from forum.search.stemming import stem
from forum.search.words import is_cjk, words_of

SNIPPET_LENGTH = 240
# Of a longer text only the beginning is looked through.
MAX_TEXT_LENGTH = 20_000
MAX_MARKS = 40
_WORDS = re.compile(r"\.?\w[\w#+'’]*")


class Span(NamedTuple):
    """A range of characters."""

    start: int
    end: int


def marked(text: str, expression: Expression) -> Markup:
    """Return a short text, such as a title, in full, escaped and with the words of the query marked."""
    return _with_marks(text, Span(0, len(text)), _spans(text, expression))


def snippet(text: str, expression: Expression) -> Markup:
    """Return the passage of a text around the first words of the query, escaped and with these words marked."""
    text = " ".join(text[:MAX_TEXT_LENGTH].split())
    spans = _spans(text, expression)
    if len(text) <= SNIPPET_LENGTH:
        return _with_marks(text, Span(0, len(text)), spans)
    start = max(spans[0].start - SNIPPET_LENGTH // 4, 0) if spans else 0
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = min(start + SNIPPET_LENGTH, len(text))
    if end < len(text) and (space := text.rfind(" ", start + SNIPPET_LENGTH // 2, end)) > 0:
        end = space
    passage = _with_marks(text, Span(start, end), spans)
    return Markup("{}{}{}").format("… " if start else "", passage, " …" if end < len(text) else "")


def _with_marks(text: str, passage: Span, spans: Sequence[Span]) -> Markup:
    parts: list[str] = []
    position = passage.start
    for start, end in spans:
        if start >= position and end <= passage.end:
            parts += [escape(text[position:start]), Markup("<mark>{}</mark>").format(text[start:end])]
            position = end
    return Markup("").join([*parts, escape(text[position : passage.end])])


def _spans(text: str, expression: Expression) -> list[Span]:
    """Return where the first words of the query stand in a text, each phrase as a whole."""
    by_first_word: dict[str, list[Phrase]] = {}
    prefixes = []
    for phrase in (phrase for group in expression.groups for phrase in group):
        if phrase.is_prefix and len(phrase.words) == 1:
            prefixes.append(phrase.words[0])
        else:
            by_first_word.setdefault(phrase.words[0], []).append(phrase)
    spans: list[Span] = []
    words = list(_stems_in(text))
    for n, (word, span) in enumerate(words):
        phrases = by_first_word.get(stem(word), ())
        length = max((len(phrase.words) for phrase in phrases if _is_at(phrase, words, n)), default=0)
        if length == 0 and any(word.startswith(prefix) for prefix in prefixes):
            length = 1
        if length:
            spans.append(Span(span.start, words[n + length - 1][1].end))
        if len(spans) == MAX_MARKS:
            break
    return spans


def _is_at(phrase: Phrase, words: Sequence[tuple[str, Span]], n: int) -> bool:
    stems = [stem(word) for word, _ in words[n : n + len(phrase.words)]]
    if phrase.is_prefix:
        is_last = len(stems) == len(phrase.words) and words[n + len(stems) - 1][0].startswith(phrase.words[-1])
        return is_last and stems[:-1] == list(phrase.words[:-1])
    return stems == list(phrase.words)


def _stems_in(text: str) -> Iterator[tuple[str, Span]]:
    """Yield each folded word of a text with its place in it. Compounds are one word for each of their parts."""
    for match in _WORDS.finditer(text):
        word = match[0]
        if word.isascii() and word.isalpha():
            yield word.lower(), Span(match.start(), match.end())
        elif is_cjk(word):
            for n in range(match.start(), max(match.end() - 1, match.start() + 1)):
                yield text[n : n + 2], Span(n, n + 2)
        else:
            for part in words_of(word):
                yield part, Span(match.start(), match.end())
