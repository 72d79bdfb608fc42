"""The posts that moderators pinned to the top of the home page."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from forum.posts.models import Post
from forum.posts.queries import PostList, list_posts


def pinned_posts(ids: Sequence[int]) -> PostList:
    """Return the listed ones of these posts, in this order; without a query if there are none."""
    if not ids:
        return PostList([], {}, None)
    listing = list_posts(Post.id.in_(ids))
    return listing._replace(rows=sorted(listing.rows, key=lambda row: ids.index(row.id)))


def except_posts(ids: Sequence[int]) -> list[ColumnElement[bool]]:
    """Return the conditions that leave these posts out: none if there are none."""
    return [Post.id.not_in(ids)] if ids else []
