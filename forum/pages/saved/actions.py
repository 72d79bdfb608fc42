"""Save and remove bookmarks, weights and vendors of the shortlist: on a button, in a transaction of its own."""

from collections.abc import Callable, Mapping
from random import SystemRandom

from sqlalchemy import update

from forum.accounts.models import Member
from forum.db import db
from forum.pages.saved.models import MemberSavedLists
from forum.pages.saved.queries import catalogue_slugs, list_ids, locked_lists
from forum.pages.saved.sealed_lists import SavedLists, seal_lists, unseal_lists

MAX_BOOKMARKS = 500
# The lists of at least this many members, if there are, are sealed in one transaction.
BATCH_SIZE = 200
# As many as a comparison shows side by side.
MAX_SHORTLIST = 4


class ListIsFullError(Exception):
    """There is no room for another bookmark, or for another vendor on the shortlist."""


def save_bookmark(member: Member, post_id: int, note: str) -> None:
    """Bookmark a post with a note, or change the note of its bookmark."""

    def change(lists: SavedLists) -> SavedLists:
        if post_id not in lists.bookmarks and len(lists.bookmarks) >= MAX_BOOKMARKS:
            raise ListIsFullError
        return lists._replace(bookmarks={**lists.bookmarks, post_id: note})

    _change_lists(member.id, change)


def remove_bookmark(member: Member, post_id: int) -> None:
    """Remove the bookmark of a post."""
    _change_lists(
        member.id,
        lambda lists: lists._replace(bookmarks={key: note for key, note in lists.bookmarks.items() if key != post_id}),
    )


def save_weights(member: Member, weights: Mapping[str, int]) -> None:
    """Save the member's weights of the criteria, by which the ranking is ordered for them; none to forget them."""
    _change_lists(member.id, lambda lists: lists._replace(weights=dict(weights)))


def add_to_shortlist(member: Member, *slugs: str) -> None:
    """Put vendors on the shortlist. Vendors that have left the catalogue make room."""

    def change(lists: SavedLists) -> SavedLists:
        candidates = list(dict.fromkeys([*lists.shortlist, *slugs]))
        present = catalogue_slugs(candidates)
        shortlist = [slug for slug in candidates if slug in present]
        if len(shortlist) > MAX_SHORTLIST:
            raise ListIsFullError
        return lists._replace(shortlist=shortlist)

    _change_lists(member.id, change)


def remove_from_shortlist(member: Member, slug: str) -> None:
    """Take a vendor off the shortlist."""
    _change_lists(
        member.id, lambda lists: lists._replace(shortlist=[other for other in lists.shortlist if other != slug])
    )


def reseal_all(commit: Callable[[], object]) -> None:
    """Seal the lists of all members again, in random order: the newest rows don't show who saved something that day.

    A few hundred at a time, drawn at random, so that others can write in between. If it is killed, it starts over.
    """
    member_ids = list_ids()
    SystemRandom().shuffle(member_ids)
    count = max(len(member_ids) // BATCH_SIZE, 1)
    for batch in (member_ids[n::count] for n in range(count)):
        rows = [
            {"member_id": member_id, "sealed": seal_lists(unseal_lists(sealed))}
            for member_id, sealed in locked_lists(batch).items()
        ]
        SystemRandom().shuffle(rows)
        if rows:
            db.session.execute(update(MemberSavedLists), rows)
        commit()


def _change_lists(member_id: int, change: Callable[[SavedLists], SavedLists]) -> None:
    row = db.session.get(MemberSavedLists, member_id, populate_existing=True, with_for_update=True)
    if row is not None:
        row.sealed = seal_lists(change(unseal_lists(row.sealed)))
        db.session.flush()
