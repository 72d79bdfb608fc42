"""Forms to ask for evidence and to send it."""

from flask import request
from wtforms import Field, FileField, RadioField, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import Form
from forum.moderation.evidence.files import CleanFile, UnacceptableFile, clean_file
from forum.moderation.models import Case

QUESTION_LENGTH = (20, 900)


class EvidenceRequestForm(Form):
    """A moderator's question, and whom it is for."""

    recipient = RadioField("Whom to ask", validate_choice=False)
    question = TextAreaField("What is needed, and why")

    def __init__(self, case: Case, **kwargs: object) -> None:
        super().__init__(**kwargs)
        choices = {"author": "The author of the text"} if case.content is not None else {}
        self.recipient.choices = choices | ({"sender": "The sender of the notice"} if case.notice_id else {})

    def validate_recipient(self, field: Field) -> None:
        """Require one of those who can be asked."""
        if field.data not in field.choices:
            raise ValidationError("Choose whom to ask.")

    def validate_question(self, field: Field) -> None:
        """Check the length."""
        length = text.visible_length(field.data or "")
        if not QUESTION_LENGTH[0] <= length <= QUESTION_LENGTH[1]:
            raise ValidationError(f"Write {QUESTION_LENGTH[0]} to {QUESTION_LENGTH[1]} characters.")


class EvidenceForm(Form):
    """One file."""

    file = FileField("File")
    clean_file: CleanFile | None = None

    def validate_file(self, field: Field) -> None:
        """Require a file of a kind that is taken, and remove its metadata."""
        upload = request.files.get(field.name)
        if upload is None or not upload.filename:
            raise ValidationError("Choose a file.")
        try:
            self.clean_file = clean_file(upload.read())
        except UnacceptableFile as error:
            raise ValidationError(str(error)) from None
