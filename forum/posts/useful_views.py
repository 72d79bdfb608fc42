"""Save or withdraw a useful vote on a post or comment; both views call this."""

from typing import Any

from flask import abort, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from forum.access import (
    can_mark_useful,
    can_see,
)
from forum.db import db
from forum.posts.writing import mark_useful, unmark_useful
from forum.web import (
    require,
)


def save_useful_vote(item: Any) -> None:
    """Mark the item as the form says, if the reader may."""
    if not can_see(current_user, item):
        abort(404)
    require(can_mark_useful(current_user, item))
    try:
        (unmark_useful if request.form.get("intent") == "unmark" else mark_useful)(current_user, item)
        db.session.commit()
    except IntegrityError:
        # The same button was pressed twice at once, and the other was quicker.
        db.session.rollback()
