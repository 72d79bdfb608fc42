"""Differences between two texts, word by word, in bounded time: what people type can be made to be slow to compare."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# Two texts are compared only where the number of words in one, times that in the other, is at most this.
MAX_PAIRS = 400_000
# Of a run that is in both texts, so many characters beside a difference are shown.
CONTEXT = 160
OMISSION = " [...] "


class DiffRun(NamedTuple):
    """A run of words: "equal" in both texts, "delete" when only the first has it, "insert" when only the second has."""

    kind: str
    text: str


def word_diff(before: str, after: str) -> list[DiffRun]:
    """Return the differences between two texts word by word, in reading order.

    Of long texts with much between the first and the last difference, lines are compared, then the words of changed
    lines; where even that is too much, all of it is one difference.
    """
    return list(_joined(_diff(_words(before), _words(after))))


def shortened(runs: Sequence[DiffRun]) -> list[DiffRun]:
    """Return the runs without what is in both texts and far from any difference."""
    last = len(runs) - 1
    return [
        DiffRun("equal", _around(run.text, is_first=n == 0, is_last=n == last)) if run.kind == "equal" else run
        for n, run in enumerate(runs)
    ]


def _around(text: str, *, is_first: bool, is_last: bool) -> str:
    end = "" if is_last else text[-CONTEXT:]
    start = "" if is_first else text[:CONTEXT]
    return text if len(text) <= len(start) + len(end) + CONTEXT else start + OMISSION + end


def _joined(runs: Iterable[DiffRun]) -> Iterator[DiffRun]:
    """Yield the runs with neighbours of a kind made one, and with the blanks between two differences part of both."""
    texts = {"delete": "", "insert": "", "equal": ""}

    def pending() -> Iterator[DiffRun]:
        yield from (DiffRun(kind, text) for kind, text in texts.items() if text)
        texts.update(delete="", insert="", equal="")

    for kind, text in runs:
        is_changed = bool(texts["delete"] or texts["insert"])
        if kind != "equal" and texts["equal"]:
            if is_changed and texts["equal"].isspace():
                texts["delete"], texts["insert"] = texts["delete"] + texts["equal"], texts["insert"] + texts["equal"]
                texts["equal"] = ""
            else:
                yield from pending()
        texts[kind] += text
    yield from pending()


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)


def _diff(old: Sequence[str], new: Sequence[str], *, is_by_line: bool = False) -> Iterator[DiffRun]:
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    yield from _run("equal", old[:start])
    yield from _diff_between(old[start : len(old) - end], new[start : len(new) - end], is_by_line)
    yield from _run("equal", old[len(old) - end :])


def _diff_between(old: Sequence[str], new: Sequence[str], is_by_line: bool) -> Iterator[DiffRun]:
    if len(old) * len(new) > MAX_PAIRS:
        if is_by_line:
            yield from (*_run("delete", old), *_run("insert", new))
        else:
            yield from _diff(_lines(old), _lines(new), is_by_line=True)
        return
    pairs_left = MAX_PAIRS
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            yield from _run("equal", old[a:b])
            continue
        words = (_words("".join(old[a:b])), _words("".join(new[c:d]))) if is_by_line else ([], [])
        pairs = len(words[0]) * len(words[1])
        if 0 < pairs <= pairs_left:
            pairs_left -= pairs
            yield from _diff(*words)
        else:
            yield from (*_run("delete", old[a:b]), *_run("insert", new[c:d]))


def _lines(words: Sequence[str]) -> list[str]:
    return "".join(words).splitlines(keepends=True)


def _run(kind: str, words: Sequence[str]) -> Iterator[DiffRun]:
    if words:
        yield DiffRun(kind, "".join(words))
