"""Find out whether more is unread than the bell can show: counting a few of many threads may be enough."""

from itertools import islice

from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.notifications.following import followed_post_ids, threads_among
from forum.notifications.news import MAX_THREADS, THREAD_KINDS
from forum.notifications.own_text_queries import own_texts_by_thread
from forum.notifications.queries import state_of

SAMPLE_SIZE = 150
# With fewer followed threads all of them are counted.
MANY_THREADS = 4 * SAMPLE_SIZE


def has_many_unread(member: Member, cap: int) -> bool:
    """Return whether so few of many followed threads have more unread replies than the cap, below MAX_THREADS.

    The others can only add to them. If not, everything has to be counted.
    """
    state, texts = state_of(member.id), own_texts_by_thread(member)
    post_ids = followed_post_ids(state.items, texts)
    if len(post_ids) < MANY_THREADS or cap >= MAX_THREADS or not state.muted_kinds.isdisjoint(THREAD_KINDS):
        return False
    is_locked = is_anonymous_writing_locked(member)
    threads = threads_among(state.items, texts, list(islice(post_ids, SAMPLE_SIZE)), is_locked=is_locked)
    return sum(item.unread for item in threads) > cap
