"""Deleting an account: with the row goes the member's secret, and with it all that tied anonymous texts to them.

No anonymous row is rewritten then: rows that change in one transaction could be seen to belong together. Whoever wants
their anonymous writing deleted deletes it first, text by text, each in a transaction of its own and in random order.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import SystemRandom

from forum.accounts.models import Member
from forum.db import db, lock
from forum.pages.leaving.queries import own_anonymous_ids, own_signed_writing, own_useful_votes
from forum.posts.actions import delete_post
from forum.posts.comment_actions import delete_comment
from forum.posts.draft_actions import discard_draft, drafts_of
from forum.posts.models import Comment, Post
from forum.posts.recounts import request_recount
from forum.posts.scheduled_actions import cancel_scheduled, scheduled_texts_of
from forum.ratings.actions import withdraw
from forum.ratings.models import Rating
from forum.ratings.queries import member_ratings

Deletion = Callable[[], object]


def anonymous_deletions(member: Member, *, keep_anonymous: bool) -> list[Deletion]:
    """Return what is to be deleted before the account, to be called one by one, with a commit after each.

    Scheduled texts and drafts are always deleted. Comments come before posts, which then leave no tombstone.
    """
    scheduled = [partial(cancel_scheduled, member, item.id) for item in scheduled_texts_of(member)]
    scheduled += [partial(discard_draft, member, draft.id) for draft in drafts_of(member)]
    if keep_anonymous:
        return [*_shuffled(scheduled)]
    comments, posts = (
        [partial(_delete_text, kind, id) for id in own_anonymous_ids(kind, member)] for kind in (Comment, Post)
    )
    ratings = [partial(_withdraw, rating.id) for rating in member_ratings(member) if rating.anonymous]
    return [*_shuffled(scheduled), *_shuffled(comments), *_shuffled(posts), *_shuffled(ratings)]


def delete_account(member: Member, *, keep_signed: bool) -> None:
    """Delete the account, and the signed writing that is not to be kept.

    Signed texts that are kept lose their author by the foreign key, and become those of "a former member".
    """
    lock(f"anonymous writing of {member.id}")
    if not keep_signed:
        # Comments first: a post without comments leaves no tombstone.
        for item in (*own_signed_writing(Comment, member), *own_signed_writing(Post, member)):
            if item.deleted_at is None:
                delete_comment(item) if isinstance(item, Comment) else delete_post(item)
        for rating in member_ratings(member):
            if not rating.anonymous:
                withdraw(rating)
    for vote in own_useful_votes(member):
        request_recount(Post if vote.post_id else Comment, vote.post_id or vote.comment_id or 0, 0)
    db.session.query(Member).filter_by(imported_for_id=member.id).update({"imported_for_id": None})
    db.session.flush()
    db.session.delete(member)
    db.session.flush()


def _shuffled(deletions: Sequence[Deletion]) -> list[Deletion]:
    return SystemRandom().sample(list(deletions), len(deletions))


def _delete_text(kind: type[Post] | type[Comment], text_id: int) -> None:
    item = db.session.get(kind, text_id)
    if isinstance(item, Post):
        delete_post(item)
    elif isinstance(item, Comment):
        delete_comment(item)


def _withdraw(rating_id: int) -> None:
    rating = db.session.get(Rating, rating_id)
    if rating is not None:  # not withdrawn with its post
        withdraw(rating)
