"""Forms of the admin pages about accounts."""

from typing import Any

from wtforms import Field, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum.accounts.two_factor_forms import ReauthenticationFields
from forum.forms import Form

ROLES = {"member": "Member", "moderator": "Moderator", "admin": "Admin"}
MAX_REASON_LENGTH = 500


class ReasonForm(Form):
    """The reason of a change, for the public log."""

    reason = TextAreaField(
        "Reason",
        validators=[
            InputRequired("Give a reason, in a sentence."),
            Length(min=5, max=MAX_REASON_LENGTH, message=f"Use 5 to {MAX_REASON_LENGTH} characters."),
        ],
    )

    def reason_text(self) -> str:
        """Return the reason without surrounding whitespace."""
        return (self.reason.data or "").strip()


class RoleForm(ReasonForm, ReauthenticationFields):
    """A member's new role, with the admin's password or code."""

    role = RadioField("Role", choices=ROLES, validate_choice=False)

    def __init__(self, current_role: str, vendor: str | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current_role, self.vendor = current_role, vendor

    def validate_role(self, field: Field) -> None:
        """Accept a different role; a vendor representative can't become staff."""
        if field.data not in ROLES:
            raise ValidationError("Choose a role.")
        if field.data == self.current_role:
            raise ValidationError("They already have this role.")
        if field.data != "member" and self.vendor:
            raise ValidationError(f"They represent {self.vendor}. A vendor representative can't be a moderator.")
