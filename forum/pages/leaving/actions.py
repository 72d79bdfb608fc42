"""Leaving: the account goes, and with it whatever ties anonymous texts to it."""

import secrets

from forum import anonymity
from forum.accounts.models import Member, SpentLink
from forum.accounts.organisations import organisation_of
from forum.accounts.pseudonyms import MEMBER_PURPOSE
from forum.accounts.sanctions import delete_sanctions
from forum.db import db, lock
from forum.notifications.follow_state import FollowState, seal_state
from forum.notifications.models import Follow
from forum.notifications.queries import FOLLOW_CHAIN, follows_of_member
from forum.pages.leaving.queries import is_used, own_pseudonyms, own_useful_marks, own_writing
from forum.posts.actions import delete_post
from forum.posts.chain_queries import TEXT_CHAIN, used_chain_links_of
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post
from forum.posts.scheduled_actions import cancel_all_scheduled
from forum.posts.scheduled_queries import SCHEDULED_CHAIN
from forum.posts.writing import unmark_useful
from forum.ratings.actions import ORGANISATION_SEAL, withdraw
from forum.ratings.queries import RATING_CHAIN, member_ratings

NOBODY = 0
CHAINS = (TEXT_CHAIN, RATING_CHAIN, SCHEDULED_CHAIN, FOLLOW_CHAIN)


def leave(member: Member, *, named_stays: bool, anonymous_stays: bool) -> None:
    """Delete the account. What stays is a former member's, or stands under a pseudonym that nobody is behind any more.

    Codes and seals of what stays are replaced by others that look alike and lead nowhere.
    """
    lock(f"anonymous writing of {member.id}")
    cancel_all_scheduled(member)
    delete_sanctions(member)
    links = used_chain_links_of(member)
    # Replies first: a post whose replies are gone leaves no tombstone.
    for kind in (Comment, Post):
        for item in own_writing(kind, member, links):
            _let_go(item, anonymous_stays if item.pseudonym_id is not None else named_stays)
    _leave_ratings(member, named_stays, anonymous_stays)
    for pseudonym in own_pseudonyms(member):
        if is_used(pseudonym):
            pseudonym.thread_hmac, pseudonym.member_seal = secrets.token_hex(32), _sealed_nobody()
        else:
            db.session.delete(pseudonym)
    for row in follows_of_member(member):
        _let_follow_go(row.id)
    for given in own_useful_marks(member):
        item = db.session.get(Post, given.post_id) if given.post_id else db.session.get(Comment, given.comment_id)
        if item is not None:
            unmark_useful(member, item)
    db.session.flush()
    _forget_spent_links(member)
    db.session.delete(member)
    db.session.flush()


def _let_go(item: Post | Comment, stays: bool) -> None:
    """Delete it, or cut what ties it to its author."""
    if not stays and item.deleted_at is None:
        kept = delete_post(item) if isinstance(item, Post) else delete_comment(item)
        if not kept:
            return
    item.submission = None
    if item.chain_link is not None:
        item.chain_link = secrets.token_hex(32)
    item.author_id = None
    db.session.flush()


def _leave_ratings(member: Member, named_stays: bool, anonymous_stays: bool) -> None:
    for rating in member_ratings(member):
        if not (anonymous_stays if rating.anonymous else named_stays):
            withdraw(rating)
            continue
        if rating.chain_link is not None:
            rating.chain_link = secrets.token_hex(32)
        rating.rater_hmac = secrets.token_hex(32)
        rating.author_id = rating.submission = None
        if not organisation_of(member).verified:
            # Somebody who counts alone: their house was they themselves.
            rating.organisation_seal = anonymity.seal(ORGANISATION_SEAL, "f" + secrets.token_hex(16))
    db.session.flush()


def _let_follow_go(number: int) -> None:
    """The row stays, as rows of follows do, and is nobody's."""
    follow = db.session.get_one(Follow, number)
    follow.follow_hmac, follow.chain_link = secrets.token_hex(32), secrets.token_hex(32)
    follow.follower_seal = seal_state(FollowState(NOBODY, False, 0, 0))


def _forget_spent_links(member: Member) -> None:
    """The codes of what the member deleted: nothing of theirs is made any more that could be laid beside it."""
    for chain in CHAINS:
        links = chain.spent(member.id)
        db.session.query(SpentLink).filter(SpentLink.link.in_(links)).delete()


def _sealed_nobody() -> str:
    return anonymity.seal(MEMBER_PURPOSE, f"{NOBODY:012d}")
