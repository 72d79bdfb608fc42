"""Signals that upper rooms listen to. They are sent inside the transaction, and none reveals who the author is."""

from typing import NamedTuple, Protocol

from blinker import Namespace

_signals = Namespace()
# post_published(post), comment_published(comment): visible to everyone from this transaction on. For a held text it is
# sent when a moderator approves it.
post_published = _signals.signal("post-published")
comment_published = _signals.signal("comment-published")
# vendor_named(post): a published post names a vendor that it did not name before.
vendor_named = _signals.signal("vendor-named")
# item_held(item, reason=text): the post or comment waits for a moderator; its author reads the reason.
item_held = _signals.signal("item-held")
# held_item_changed(item): its author corrected a text that waits; what a moderator has read is not what it says now.
held_item_changed = _signals.signal("held-item-changed")
# comments_moved(ids, into=post): these comments are under another post from now on.
comments_moved = _signals.signal("comments-moved")
# thread_opened(post, member=member, comment_ids=[...]): someone who is signed in opens a page of a thread, with these
# comments. The one listener returns their ReaderMarks, read in one statement.
thread_opened = _signals.signal("thread-opened")


class Follow(Protocol):
    """A follow of a thread."""

    @property
    def unread(self) -> int: ...


class ReaderMarks(NamedTuple):
    """What belongs to the reader of a thread: the ids of the texts that they marked useful, and their follow of it.

    `alias` is the one that they have or would get; None while their anonymous writing is locked.
    """

    useful_ids: set[int]
    follow: Follow | None = None
    alias: str | None = None


def reader_marks(post: object, member: object, comment_ids: list[int]) -> ReaderMarks:
    """Return what someone who is signed in has marked in a thread, and their follow of it."""
    ((_, marks),) = thread_opened.send(post, member=member, comment_ids=comment_ids)
    return marks  # type: ignore[no-any-return]
