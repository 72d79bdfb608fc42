"""Queries about what members saved."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum.access import is_member
from forum.access_protocols import User
from forum.db import db
from forum.pages.saved.models import MemberSavedLists
from forum.pages.saved.sealed_lists import NOTHING_SAVED, SavedLists, unseal_lists
from forum.posts.models import Post
from forum.vendors.models import Vendor


def saved_lists(member_id: int) -> SavedLists:
    """Return what a member saved."""
    return unseal_lists(
        db.session.scalar(select(MemberSavedLists.sealed).where(MemberSavedLists.member_id == member_id))
    )


def lists_of_reader(reader: User) -> SavedLists:
    """Return what the reader saved. Takes one query for a member, and none for a stranger."""
    return saved_lists(reader.id) if is_member(reader) else NOTHING_SAVED


def list_ids() -> list[int]:
    """Return the ids of the members who have lists: all."""
    return list(db.session.scalars(select(MemberSavedLists.member_id)))


def locked_lists(member_ids: Sequence[int]) -> dict[int, str]:
    """Return the sealed lists of these members by id, locked until the transaction ends."""
    rows = select(MemberSavedLists.member_id, MemberSavedLists.sealed).order_by(MemberSavedLists.member_id)
    rows = rows.where(MemberSavedLists.member_id.in_(member_ids))
    return {row.member_id: row.sealed for row in db.session.execute(rows.with_for_update())}


def posts_by_id(post_ids: Sequence[int]) -> dict[int, Post]:
    """Return posts by id, whoever may see them."""
    related = joinedload(Post.pseudonym), joinedload(Post.author), joinedload(Post.vendor)
    return {post.id: post for post in db.session.scalars(select(Post).where(Post.id.in_(post_ids)).options(*related))}


def catalogue_slugs(slugs: Sequence[str]) -> set[str]:
    """Return those of the slugs that vendors of the catalogue have."""
    return set(db.session.scalars(select(Vendor.slug).where(Vendor.slug.in_(slugs), Vendor.accepted_at.is_not(None))))
