"""A query in the languages of SQLite's FTS5 and of PostgreSQL's tsquery. Words hold letters and digits alone."""

from collections.abc import Iterable

from forum.search.expressions import Expression, Phrase


def fts5_query(expression: Expression) -> str:
    """Return what FTS5 matches: "a b" is a phrase, and "a" * the beginning of a word."""
    required = " AND ".join(f"({' OR '.join(map(_fts5_phrase, group))})" for group in expression.groups)
    scoped = f"title : ({required})" if expression.is_title_only else f"({required})"
    excluded = " OR ".join(map(_fts5_phrase, expression.excluded))
    return f"{scoped} NOT ({excluded})" if excluded else scoped


def tsquery(expression: Expression) -> str:
    """Return what a tsvector matches: a <-> b is a phrase, a:* the beginning of a word, a:A a word of a title."""
    weight = "A" if expression.is_title_only else ""
    required = " & ".join(f"({_any_of(group, weight)})" for group in expression.groups)
    return f"{required} & !({_any_of(expression.excluded, '')})" if expression.excluded else required


def _fts5_phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"' + (" *" if phrase.is_prefix else "")


def _any_of(phrases: Iterable[Phrase], weight: str) -> str:
    return " | ".join(_tsquery_phrase(phrase, weight) for phrase in phrases)


def _tsquery_phrase(phrase: Phrase, weight: str) -> str:
    label = f":{weight}" if weight else ""
    last_label = f":*{weight}" if phrase.is_prefix else label
    words = [f"'{word}'{label}" for word in phrase.words[:-1]] + [f"'{phrase.words[-1]}'{last_label}"]
    return f"({' <-> '.join(words)})"
