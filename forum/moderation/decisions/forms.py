"""Forms to appeal against a decision and to reverse one."""

from wtforms import Field, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import Form

# Characters of a reason or an appeal.
MIN_REASON, MAX_REASON, MAX_APPEAL = 20, 2000, 5000


def too_long(length: int, limit: int) -> str:
    """Return the message for a text that is too long."""
    return f"This is {length:,} characters long. Shorten it to {limit:,}; nothing was lost."


class AppealForm(Form):
    """Why a decision is wrong."""

    body = TextAreaField("Why is the decision wrong?")

    def validate_body(self, field: Field) -> None:
        """Check the length."""
        length = len((field.data or "").strip())
        if text.visible_length(field.data or "") < MIN_REASON:
            raise ValidationError(f"This is {length} characters long. Use at least {MIN_REASON}.")
        if length > MAX_APPEAL:
            raise ValidationError(too_long(length, MAX_APPEAL))


class UndoForm(Form):
    """Why a decision is reversed."""

    reason: Field = TextAreaField("Why it is undone (public)")

    def validate_reason(self, field: Field) -> None:
        """Check the length."""
        if not MIN_REASON <= text.visible_length(field.data or "") <= len((field.data or "").strip()) <= MAX_REASON:
            raise ValidationError(f"Give a reason of {MIN_REASON} to {MAX_REASON:,} characters.")


class EndForm(UndoForm):
    """Why a member no longer represents a vendor."""

    reason = TextAreaField("Why it ends (public)")
