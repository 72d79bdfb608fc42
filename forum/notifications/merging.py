"""When a tag or a vendor goes into another one, whoever follows it follows the other from then on."""

from forum.accounts.models import Member
from forum.db import db
from forum.notifications.actions import follow
from forum.notifications.follow_state import unseal_state
from forum.notifications.models import Follow
from forum.vendors.models import Vendor


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Have the followers of the old vendor follow the other."""
    move_follows("vendor", old.id, into.id)


def move_follows(kind: str, old: int, into: int) -> None:
    """Open who follows the old one, and have each follow the other. It tells nobody who they are, nor how many."""
    column = getattr(Follow, f"{kind}_id")
    for (seal,) in db.session.query(Follow.follower_seal).filter(column == old).all():
        state = unseal_state(seal)
        member = db.session.get(Member, state.member_id) if state is not None and state.is_following else None
        if member is not None:
            follow(member, kind, into)
