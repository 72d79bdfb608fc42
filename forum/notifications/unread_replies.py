"""Find the unread replies of a thread: the last ones that others wrote."""

from collections.abc import Sequence

from forum.accounts.models import Member
from forum.db import start_of_day
from forum.notifications.news_queries import NewsRow, latest_replies
from forum.notifications.own_text_queries import state_and_own_replies
from forum.posts.comment_actions import position_of
from forum.posts.models import Post


def first_unread_reply(post: Post, member: Member, unread: int) -> int | None:
    """Return the id of the oldest among the last `unread` replies that others wrote, or None without any."""
    _, own_replies = state_and_own_replies(member, post.id, post.thread_key)
    own_ids = {reply.id for reply in own_replies}
    rows = last_written([row for row in latest_replies([post.id]) if row.id not in own_ids], unread)
    return rows[-1].id if rows else None


def last_written(rows: Sequence[NewsRow], number: int) -> Sequence[NewsRow]:
    """Return the rows written last. Anonymous replies have only a day, and their place in the thread."""
    if number >= len(rows) or number == 0:
        return rows[:number]
    day = start_of_day(rows[number - 1].created_at)
    certain = [row for row in rows if start_of_day(row.created_at) > day]
    same_day = [row for row in rows if start_of_day(row.created_at) == day]
    is_tied = rows[number - 1].created_at == rows[number].created_at
    if is_tied or any(row.pseudonym_id is not None for row in same_day):
        same_day.sort(key=lambda row: position_of(row.position_seal), reverse=True)
    return [*certain, *same_day][:number]
