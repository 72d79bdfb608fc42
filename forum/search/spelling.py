"""Did you mean: a query with its misspelled words replaced by words that the index has."""

import re
from difflib import SequenceMatcher

from forum.search.expressions import Expression, parse
from forum.search.queries import find_matches
from forum.search.word_queries import known_words, words_like
from forum.search.words import STOP_WORDS

MIN_LENGTH = 4
MIN_SIMILARITY = 0.75
MAX_CORRECTED = 3


def suggested_query(query: str, expression: Expression) -> str | None:
    """Return the query with other words, or None. It is one that finds something that everyone may see."""
    words = [word for word in expression.plain_words if _can_be_misspelled(word)]
    indexed = known_words(words)
    suggestion = query
    for word in [word for word in words if word not in indexed][:MAX_CORRECTED]:
        closest = _closest(word)
        if closest is not None:
            suggestion = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", closest, suggestion, flags=re.I)
    if suggestion == query or not find_matches(parse(suggestion), limit=1).rows:
        return None
    return suggestion


def _can_be_misspelled(word: str) -> bool:
    return len(word) >= MIN_LENGTH and word.isascii() and word.isalpha() and word not in STOP_WORDS


def _closest(word: str) -> str | None:
    """Return the most similar known word; of equally similar ones the more frequent."""
    matcher = SequenceMatcher(b=word, autojunk=False)
    best, best_similarity = None, MIN_SIMILARITY
    for candidate in words_like(word):
        matcher.set_seq1(candidate)
        if matcher.real_quick_ratio() > best_similarity and matcher.quick_ratio() > best_similarity:
            similarity = matcher.ratio()
            if similarity > best_similarity:
                best, best_similarity = candidate, similarity
    return best
