"""Deleting an account: with the row goes the member's secret, and with it all that tied anonymous texts to them.

No anonymous row is rewritten then: rows that change in one transaction could be seen to belong together. Whoever wants
their anonymous writing deleted deletes it first, text by text, each in a transaction of its own and in random order.
Signed texts lose their author in the same way.
"""

from collections.abc import Callable, Sequence
from functools import partial
from random import SystemRandom

from forum.accounts.models import Member
from forum.db import db, lock
from forum.pages.leaving.queries import own_anonymous_ids, own_useful_vote_ids, signed_ids, useful_votes
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
Signed = type[Post] | type[Comment] | type[Rating]
# Useful votes that are withdrawn in one transaction. Each names its member and the text.
VOTES_AT_ONCE = 20


def deletions(member: Member, *, keep_anonymous: bool, keep_signed: bool) -> list[Deletion]:
    """Return what is to be done before the account is deleted, to be called one by one, with a commit after each.

    So no writer waits for all of it, and no transaction shows which texts were one member's. A process that is killed
    half-way leaves the account with what remains, so that its owner can delete it again.
    """
    votes = own_useful_vote_ids(member)
    return [
        *_anonymous_deletions(member, keep_anonymous=keep_anonymous),
        *(names_to_take_off(member, Post, Comment, Rating) if keep_signed else _signed_deletions(member)),
        *(partial(_withdraw_votes, votes[n : n + VOTES_AT_ONCE]) for n in range(0, len(votes), VOTES_AT_ONCE)),
    ]


def names_to_take_off(member: Member, *kinds: Signed) -> list[Deletion]:
    """Return what takes a member's name off all that they signed, one by one in random order."""
    return _shuffled([partial(_take_name_off, kind, item_id) for kind in kinds for item_id in signed_ids(kind, member)])


def delete_account(member: Member, *, keep_signed: bool) -> None:
    """Delete the account, and what was signed meanwhile if it is not to be kept.

    Signed texts that are kept lose their author by the foreign key, and become those of "a former member".
    """
    lock(f"anonymous writing of {member.id}")
    if not keep_signed:
        for delete in _signed_deletions(member):
            delete()
    _withdraw_votes(own_useful_vote_ids(member))
    db.session.query(Member).filter_by(imported_for_id=member.id).update({"imported_for_id": None})
    db.session.flush()
    db.session.delete(member)
    db.session.flush()


def _anonymous_deletions(member: Member, *, keep_anonymous: bool) -> list[Deletion]:
    """Scheduled texts and drafts are always deleted. Comments come before posts, which then leave no tombstone."""
    scheduled = [partial(cancel_scheduled, member, item.id) for item in scheduled_texts_of(member)]
    scheduled += [partial(discard_draft, member, draft.id) for draft in drafts_of(member)]
    if keep_anonymous:
        return [*_shuffled(scheduled)]
    comments, posts = (
        [partial(_delete_text, kind, id) for id in own_anonymous_ids(kind, member)] for kind in (Comment, Post)
    )
    ratings = [partial(_withdraw, rating.id) for rating in member_ratings(member) if rating.anonymous]
    return [*_shuffled(scheduled), *_shuffled(comments), *_shuffled(posts), *_shuffled(ratings)]


def _signed_deletions(member: Member) -> list[Deletion]:
    """Comments come before posts, which then leave no tombstone. Tombstones, old and new, lose the member's name."""
    comments, posts = (
        _shuffled([partial(_delete_signed, kind, id) for id in signed_ids(kind, member)]) for kind in (Comment, Post)
    )
    ratings = [partial(_withdraw, rating.id) for rating in member_ratings(member) if not rating.anonymous]
    return [*comments, *posts, *_shuffled(ratings)]


def _shuffled(deletions: Sequence[Deletion]) -> list[Deletion]:
    return SystemRandom().sample(list(deletions), len(deletions))


def _delete_text(kind: type[Post] | type[Comment], text_id: int) -> None:
    item = db.session.get(kind, text_id)
    if isinstance(item, Post):
        delete_post(item)
    elif isinstance(item, Comment):
        delete_comment(item)


def _delete_signed(kind: type[Post] | type[Comment], text_id: int) -> None:
    item = db.session.get(kind, text_id)
    if item is not None and item.deleted_at is None:
        _delete_text(kind, text_id)
    _take_name_off(kind, text_id)


def _take_name_off(kind: Signed, item_id: int) -> None:
    db.session.query(kind).filter_by(id=item_id).update({"author_id": None})


def _withdraw_votes(vote_ids: Sequence[int]) -> None:
    for vote in useful_votes(vote_ids):
        db.session.delete(vote)
        request_recount(Post if vote.post_id else Comment, vote.post_id or vote.comment_id or 0, 0)
    db.session.flush()


def _withdraw(rating_id: int) -> None:
    rating = db.session.get(Rating, rating_id)
    if rating is not None:  # not withdrawn with its post
        withdraw(rating)
