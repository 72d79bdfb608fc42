"""What a vendor's representative types under a post."""

from flask_login import current_user
from wtforms import HiddenField

from forum.posts.forms import CommentEditForm
from forum.posts.submission_checks import submission_error
from forum.submissions import form_age


class OfficialReplyForm(CommentEditForm):
    """A vendor's official reply, always by name."""

    meta_fields = ("csrf_token", "submission")

    # The form's own random number; see models.py.
    submission = HiddenField()

    def passes_limits(self) -> bool:
        """Whether it may be sent now; if not, the form says why. Asked last."""
        words = submission_error(
            current_user, body=self.body.data or "", is_post=False, anonymous=False, seconds_open=form_age()
        )
        self.body.errors = [words] if words else []
        return words is None
