"""What the views for a useful vote on a post and on a comment share."""

from flask import abort, request

from forum.access import can_mark_useful, can_see
from forum.posts.models import Comment, Post
from forum.posts.writing import mark_useful, unmark_useful
from forum.submissions import submit_once
from forum.templating import current_reader
from forum.web import require


def save_useful_vote(item: Post | Comment) -> None:
    """Add or remove the reader's useful vote, as the form says, if they may vote."""
    reader = current_reader()
    if not can_see(reader, item):
        abort(404)
    require(can_mark_useful(reader, item))
    save = unmark_useful if request.form.get("intent") == "unmark" else mark_useful
    submit_once(lambda: save(reader, item))
