"""Paginate a list in memory for its reader, by the sealed key of the last item of the page before."""

from collections.abc import Callable, Iterable, Sequence
from itertools import dropwhile, islice
from typing import Generic, NamedTuple, TypeVar

from forum import cursors

Item = TypeVar("Item")
PAGE_SIZE = 30


class Page(NamedTuple, Generic[Item]):
    """The items of a page, the cursor of the next one or None, and whether the page is not the first."""

    items: Sequence[Item]
    next_after: str | None = None
    is_further: bool = False


def page_of(
    items: Sequence[Item],
    after: str | None,
    key_of: Callable[[Item], str],
    *,
    is_listed: Callable[[Item], bool] = lambda item: True,
) -> Page[Item]:
    """Return the page of listed items after the one with this sealed key, or the first page if none has it.

    `is_listed` is called for as few items as possible.
    """
    digest = cursors.unseal_key(after)
    if digest and (further := list(dropwhile(lambda item: cursors.digest_of(key_of(item)) != digest, items))):
        return Page(*_first(further[1:], key_of, is_listed), is_further=True)
    return Page(*_first(items, key_of, is_listed))


def _first(
    items: Iterable[Item], key_of: Callable[[Item], str], is_listed: Callable[[Item], bool]
) -> tuple[Sequence[Item], str | None]:
    page = list(islice(filter(is_listed, items), PAGE_SIZE + 1))
    return page[:PAGE_SIZE], cursors.seal_key(key_of(page[PAGE_SIZE - 1])) if len(page) > PAGE_SIZE else None
