"""The form in which a representative suggests a correction."""

from urllib.parse import urlsplit

from wtforms import Field, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import Form

MIN_LENGTH, MAX_LENGTH = 20, 2000


class CorrectionForm(Form):
    """What is wrong, what is right, and where that can be seen."""

    body = TextAreaField("What is wrong, and what should it say?")
    source_url = StringField("Source")

    def validate_body(self, field: Field) -> None:
        """Check the length."""
        length = text.visible_length(field.data or "")
        if length < MIN_LENGTH:
            raise ValidationError(f"Say what is wrong and what it should say, in at least {MIN_LENGTH} characters.")
        if len(field.data or "") > MAX_LENGTH:
            raise ValidationError(f"This is {len(field.data):,} characters long. Shorten it to {MAX_LENGTH:,}.")

    def validate_source_url(self, field: Field) -> None:
        """Accept an address of the web, or nothing."""
        typed = (field.data or "").strip()
        if typed and (len(typed) > 500 or not _is_web_address(typed)):
            raise ValidationError("Enter a web address that begins with https://, or leave the source empty.")


def _is_web_address(typed: str) -> bool:
    try:
        parts = urlsplit(typed)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in typed
