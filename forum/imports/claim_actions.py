"""What a member decides about imported writing under their address."""

from forum.accounts.models import Member
from forum.db import db
from forum.imports.queries import is_stand_in
from forum.posts.models import Comment, Post


def take_over(owner: Member, stand_in: Member) -> None:
    """Move what was imported to the owner's account, and delete the unclaimed member. Raises ValueError for another."""
    if not is_stand_in(stand_in, owner):
        raise ValueError("This writing does not have the member's address.")
    for kind in (Post, Comment):
        db.session.query(kind).filter_by(author_id=stand_in.id).update({"author_id": owner.id})
    db.session.flush()
    db.session.delete(stand_in)
    db.session.flush()


def decline(owner: Member, stand_in: Member) -> None:
    """Leave what was imported to the unclaimed member, and ask no more. Raises ValueError for another member."""
    if not is_stand_in(stand_in, owner):
        raise ValueError("This writing does not have the member's address.")
    stand_in.imported_for_id = None
    db.session.flush()
