"""The form for a legal page."""

from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from forum.forms import Form, check_markdown

MAX_LENGTH = 50_000  # characters


class LegalTextForm(Form):
    """The text of a legal page."""

    meta_fields = ("csrf_token", "version")
    body = TextAreaField(
        "Text", validators=[Length(max=MAX_LENGTH, message="Use at most 50,000 characters."), check_markdown]
    )
    # The id of the version that the form was filled with.
    version = HiddenField()
