"""Move replies to another thread: all of a thread that is merged, or one branch that is split off.

Only branches without anonymous replies move. An alias belongs to its thread: its code is made with the thread's key.
In another thread its author would have two aliases, or two threads would show that one person wrote in both.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from forum import anonymity
from forum.access import is_listed
from forum.db import db, lock
from forum.posts.comment_actions import POSITION_PURPOSE, place
from forum.posts.comment_queries import comments_in_order
from forum.posts.models import Comment, Post
from forum.posts.recount_queries import count_listed_replies
from forum.posts.recounts import request_recount
from forum.posts.signals import comments_moved


def branch_of(comment: Comment) -> list[Comment]:
    """Return a reply and all that answers it, each after what it answers."""
    return _branches(comment.post_id, lambda row: row.id == comment.id)[0]


def can_move(comments: Sequence[Comment]) -> bool:
    """Return whether a branch may move: no reply in it is anonymous, and none is a vendor's official one."""
    return not any(comment.pseudonym_id or comment.official_vendor_id for comment in comments)


def move_all_branches(old: Post, into: Post) -> None:
    """Move the branches that may move to another thread, and leave the others."""
    _lock_threads(old, into)
    branches = _branches(old.id, lambda row: row.parent_id is None)
    _move([comment for branch in branches if can_move(branch) for comment in branch], old, into)


def move_branch(comment: Comment, into: Post) -> None:
    """Move a reply and all that answers it to the top level of another thread. Raise ValueError if it may not move."""
    _lock_threads(comment.post, into)
    branch = branch_of(comment)
    if not can_move(branch):
        raise ValueError("An anonymous or official reply stays in its thread.")
    _move(branch, comment.post, into)


def _lock_threads(old: Post, into: Post) -> None:
    """Let nobody reply in either thread meanwhile: who answers a branch waits until it has moved."""
    for post_id in sorted((old.id, into.id)):
        lock(f"thread {post_id}")


def _branches(post_id: int, is_root: Callable[[Comment], bool]) -> list[list[Comment]]:
    """Return the branches that begin with these comments of a thread, in each every comment after what it answers."""
    comments = comments_in_order(post_id)
    answers: dict[int, list[Comment]] = {}
    for comment in comments:
        answers.setdefault(comment.parent_id or 0, []).append(comment)
    branches = []
    for root in filter(is_root, comments):
        branch = [root]
        for comment in branch:  # grows while it is walked
            branch += answers.get(comment.id, [])
        branches.append(branch)
    return branches


def _move(comments: Sequence[Comment], old: Post, into: Post) -> None:
    """Move replies, each after what it answers, and have both threads counted again.

    For who follows the old thread nothing is unread because of it; for who follows the other, the replies are.
    """
    if not comments:
        return
    places = {comment.id: comment for comment in comments}
    former_parents = {comment.parent_id or 0 for comment in comments} - places.keys() - {0}
    listed_before = count_listed_replies(old.id)
    for comment in comments:
        parent = places.get(comment.parent_id or 0)
        comment.post, comment.post_id = into, into.id
        place(comment, parent)
    db.session.flush()
    old.news_count = Post.news_count + (listed_before - count_listed_replies(old.id))
    _mark_read_by_authors(comments, into)
    for parent_id in sorted(former_parents):
        request_recount(Comment, parent_id)
    for post_id in sorted((old.id, into.id)):
        request_recount(Post, post_id)
    comments_moved.send(list(places), into=into)
    db.session.flush()


def _mark_read_by_authors(comments: Sequence[Comment], into: Post) -> None:
    """Have nothing unread in the thread for the authors of what was moved there, who follow it from now on."""
    count = count_listed_replies(into.id) + into.news_count
    own_counts = Counter(comment.author_id for comment in comments if is_listed(comment))
    for comment in comments:
        position = max(0, count - own_counts[comment.author_id])
        comment.position_seal = anonymity.seal(POSITION_PURPOSE, f"{position:08d}")
