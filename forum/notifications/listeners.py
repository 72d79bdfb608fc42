"""Listeners to new posts: vendor representatives get mail. Whoever writes follows without a row."""

from forum.notifications.representative_actions import queue_post_for_representatives
from forum.posts.models import Post
from forum.posts.signals import post_published, vendor_named


@post_published.connect
@vendor_named.connect
def _queue_for_representatives(post: Post) -> None:
    if post.vendor_id is not None:
        queue_post_for_representatives(post)
