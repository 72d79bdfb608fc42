"""The form in which an admin does what the owner of an account asked for."""

from typing import Any

from wtforms import Field, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.accounts.models import Member
from forum.accounts.names import clean_name, key_of, name_error
from forum.accounts.two_factor_forms import ReauthenticationFields

REQUESTS = {
    "rename": "Rename",
    "anonymise": "Take their name off what they signed",
    "keep": "Delete the account, keep what they signed",
    "delete": "Delete the account and what they signed",
}
MAX_REASON_LENGTH = 500


class AccountRequestForm(ReauthenticationFields):
    """What the owner asked for, with the admin's reason and password or code."""

    request = RadioField("What they asked for", choices=REQUESTS, validate_choice=False)
    name = StringField("New name", filters=[lambda typed: clean_name(typed) if typed else typed])
    reason = TextAreaField("Reason")

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def validate_request(self, field: Field) -> None:
        """Require one of the choices."""
        if field.data not in REQUESTS:
            raise ValidationError("Choose what they asked for.")

    def validate_name(self, field: Field) -> None:
        """Check a new name as if they had chosen it themselves."""
        name = field.data or ""
        if self.request.data != "rename":
            return
        if not 2 <= text.visible_length(name) <= 60 or not key_of(name):
            raise ValidationError("Use 2 to 60 characters for the new name.")
        if name == self.member.name:
            raise ValidationError("This is already their name.")
        if message := name_error(name, self.member):
            raise ValidationError(message)

    def validate_reason(self, field: Field) -> None:
        """Check the length."""
        if not 5 <= text.visible_length(field.data or "") <= len(field.data or "") <= MAX_REASON_LENGTH:
            raise ValidationError(f"Say how they asked, in 5 to {MAX_REASON_LENGTH} characters.")

    def reason_text(self) -> str:
        """Return the reason without surrounding whitespace."""
        return (self.reason.data or "").strip()
