"""The form for a vendor's official reply."""

from flask_login import current_user

from forum.forms import SubmissionField
from forum.posts.forms import OfficialEditForm
from forum.posts.submission_checks import submission_error
from forum.submissions import form_age


class OfficialReplyForm(OfficialEditForm):
    """A vendor's official reply, always by name."""

    meta_fields = ("csrf_token", "submission", "version")

    # A random number of this form; see models.py.
    submission = SubmissionField()

    def passes_limits(self) -> bool:
        """Return whether the reply may be sent now, or add an error. Call it last: an attempt counts."""
        error = submission_error(
            current_user, body=self.body.data or "", is_post=False, anonymous=False, form_age=form_age
        )
        self.body.errors = [error] if error else []
        return error is None
