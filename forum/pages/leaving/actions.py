"""Deleting an account, and with it everything that ties anonymous texts to it."""

import secrets
from itertools import chain

from forum import anonymity
from forum.accounts.models import Member, SpentLink
from forum.accounts.organisations import organisation_of
from forum.accounts.pseudonyms import MEMBER_PURPOSE
from forum.accounts.sanctions import delete_sanctions
from forum.db import db, lock
from forum.notifications.follow_state import FollowState, seal_state
from forum.notifications.models import Follow
from forum.notifications.queries import FOLLOW_CHAIN, follows_of_member
from forum.pages.leaving.queries import is_used, own_pseudonyms, own_useful_votes, own_writing
from forum.posts.actions import delete_post
from forum.posts.chain_queries import TEXT_CHAIN, used_chain_links_of
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Comment, Post
from forum.posts.scheduled_actions import cancel_all_scheduled
from forum.posts.scheduled_queries import SCHEDULED_CHAIN
from forum.posts.writing import unmark_useful
from forum.ratings.actions import ORGANISATION_SEAL_PURPOSE, withdraw
from forum.ratings.queries import RATING_CHAIN, member_ratings

# No member has this number: what is sealed with it leads nowhere.
NO_MEMBER_ID = 0
CHAINS = (TEXT_CHAIN, RATING_CHAIN, SCHEDULED_CHAIN, FOLLOW_CHAIN)


def delete_account(member: Member, *, keep_signed: bool, keep_anonymous: bool) -> None:
    """Delete the account, and the writing that is not to be kept.

    Signed texts that are kept become those of "a former member". In anonymous ones every HMAC and seal is replaced by a
    random value of the same form, so that nobody can tie them to the account, even with the key.
    """
    lock(f"anonymous writing of {member.id}")
    cancel_all_scheduled(member)
    delete_sanctions(member)
    links = used_chain_links_of(member)
    # Comments first: a post without comments leaves no tombstone.
    for item in chain(own_writing(Comment, member, links), own_writing(Post, member, links)):
        _detach_text(item, keep=keep_anonymous if item.pseudonym_id is not None else keep_signed)
    _detach_ratings(member, keep_signed, keep_anonymous)
    for pseudonym in own_pseudonyms(member):
        if is_used(pseudonym):
            pseudonym.thread_hmac, pseudonym.member_seal = secrets.token_hex(32), _seal_no_member()
        else:
            db.session.delete(pseudonym)
    for row in follows_of_member(member):
        _detach_follow(row.id)
    _take_back_useful_votes(member)
    db.session.flush()
    _delete_spent_links(member)
    db.session.delete(member)
    db.session.flush()


def _take_back_useful_votes(member: Member) -> None:
    for vote in own_useful_votes(member):
        target: Post | Comment | None = (
            db.session.get(Post, vote.post_id) if vote.post_id else db.session.get(Comment, vote.comment_id)
        )
        if target is not None:
            unmark_useful(member, target)


def _detach_text(item: Post | Comment, *, keep: bool) -> None:
    """Delete the text, or cut its ties to the author. A tombstone that stays is cut loose, too."""
    if not keep and item.deleted_at is None:
        leaves_tombstone = delete_post(item) if isinstance(item, Post) else delete_comment(item)
        if not leaves_tombstone:
            return
    item.submission = None
    if item.chain_link is not None:
        item.chain_link = secrets.token_hex(32)
    item.author_id = None
    db.session.flush()


def _detach_ratings(member: Member, keep_signed: bool, keep_anonymous: bool) -> None:
    for rating in member_ratings(member):
        if not (keep_anonymous if rating.anonymous else keep_signed):
            withdraw(rating)
            continue
        if rating.chain_link is not None:
            rating.chain_link = secrets.token_hex(32)
        rating.rater_hmac = secrets.token_hex(32)
        rating.author_id = rating.submission = None
        if not organisation_of(member).verified:
            # Without a company the seal holds the member themselves.
            rating.organisation_seal = anonymity.seal(ORGANISATION_SEAL_PURPOSE, "f" + secrets.token_hex(16))
    db.session.flush()


def _detach_follow(follow_id: int) -> None:
    """Keep the row, as all rows of follows are kept, but make it nobody's."""
    follow = db.session.get_one(Follow, follow_id)
    follow.follow_hmac, follow.chain_link = secrets.token_hex(32), secrets.token_hex(32)
    follow.follower_seal = seal_state(FollowState(NO_MEMBER_ID, False, 0, 0))


def _delete_spent_links(member: Member) -> None:
    """Forget the links of what the member deleted. Nothing new of theirs will be written that could be compared."""
    for member_chain in CHAINS:
        links = member_chain.spent(member.id)
        db.session.query(SpentLink).filter(SpentLink.link.in_(links)).delete()


def _seal_no_member() -> str:
    return anonymity.seal(MEMBER_PURPOSE, f"{NO_MEMBER_ID:012d}")
