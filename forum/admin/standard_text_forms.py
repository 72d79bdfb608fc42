"""The form for a standard text."""

from wtforms import Field, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import EditForm
from forum.moderation.decisions.forms import MAX_REASON, MIN_REASON, too_long


class StandardTextForm(EditForm):
    """A standard text in one language. An empty one takes back what was written."""

    body = TextAreaField("Text")

    def validate_body(self, field: Field) -> None:
        """Check the length: as long as a reason must be, or empty."""
        length = len((field.data or "").strip())
        if length and text.visible_length(field.data or "") < MIN_REASON:
            raise ValidationError(f"Write at least {MIN_REASON} characters, or leave it empty.")
        if length > MAX_REASON:
            raise ValidationError(too_long(length, MAX_REASON))
