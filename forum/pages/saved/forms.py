"""The form of a bookmark."""

from wtforms import Field, TextAreaField
from wtforms.validators import ValidationError

from forum.forms import Form

MAX_NOTE_LENGTH = 500


class BookmarkForm(Form):
    """A bookmark's note."""

    note = TextAreaField("Note")

    def validate_note(self, field: Field) -> None:
        """Check the length."""
        length = len(field.data or "")
        if length > MAX_NOTE_LENGTH:
            raise ValidationError(
                f"The note is {length} characters long. Shorten it to {MAX_NOTE_LENGTH}. Your text is still here."
            )
