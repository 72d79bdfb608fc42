"""What becomes of posts and official replies when their vendor is merged into another."""

from forum.db import db
from forum.posts.models import Comment, Post
from forum.vendors.merging import reassign_vendor
from forum.vendors.models import Vendor


def merge_vendor(old: Vendor, into: Vendor) -> None:
    """Move posts and official replies. Safe to repeat, for posts that were being written during the merge."""
    reassign_vendor(Post.vendor_id, old, into)
    into.post_count, old.post_count = Vendor.post_count + old.post_count, 0
    reassign_vendor(Comment.official_vendor_id, old, into)
    db.session.flush()
