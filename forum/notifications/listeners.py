"""Listeners to new texts: mail will announce them. Whoever writes follows without a row."""

from forum.notifications.queue_actions import queue_for_mail
from forum.notifications.representative_actions import queue_post_for_representatives
from forum.posts.models import Comment, Post
from forum.posts.signals import comment_published, post_published, vendor_named


@post_published.connect
def _queue_post(post: Post) -> None:
    queue_for_mail(post)


@comment_published.connect
def _queue_comment(comment: Comment) -> None:
    queue_for_mail(comment)


@post_published.connect
@vendor_named.connect
def _queue_for_representatives(post: Post) -> None:
    if post.vendor_id is not None:
        queue_post_for_representatives(post)
