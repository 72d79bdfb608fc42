"""Store the addresses that posts had in their blog."""

from forum.db import db
from forum.imports.models import ImportedAddress
from forum.imports.queries import known_addresses
from forum.posts.models import Post


def store_addresses(post: Post, addresses: set[str]) -> None:
    """Store the addresses that a post had in its blog. One that another post has stays with it."""
    for address in addresses - known_addresses(addresses):
        db.session.add(ImportedAddress(address=address, post_id=post.id))
    db.session.flush()
