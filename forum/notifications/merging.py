"""Merging tags and vendors: followers of the merged one follow the remaining one."""

from forum.accounts.models import Member
from forum.db import db
from forum.notifications.actions import follow
from forum.notifications.follow_state import unseal_state
from forum.notifications.queries import follower_seals
from forum.vendors.models import Vendor


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Have the followers of the old vendor follow the other."""
    move_follows("vendor", old.id, into.id)


def move_follows(kind: str, old_id: int, into_id: int) -> None:
    """Have the followers of an old tag or vendor follow another. Shows nobody who or how many they are."""
    for follower_seal in follower_seals(kind, old_id):
        state = unseal_state(follower_seal)
        member = db.session.get(Member, state.member_id) if state is not None and state.is_following else None
        if member is not None:
            follow(member, kind, into_id)
