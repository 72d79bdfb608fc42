"""What staff types about an account, and what is wrong with it."""

from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum.accounts.two_factor_forms import ReauthenticationFields
from forum.forms import Form

ROLES = {"member": "Member", "moderator": "Moderator", "admin": "Admin"}
MAX_REASON_LENGTH = 500


class ReasonForm(Form):
    """Why something is done. It stands in the public log."""

    reason = TextAreaField(
        "Why",
        validators=[
            InputRequired("Say why, in a sentence."),
            Length(min=5, max=MAX_REASON_LENGTH, message=f"Use 5 to {MAX_REASON_LENGTH} characters."),
        ],
    )

    def reason_text(self) -> str:
        """The reason without space around it."""
        return (self.reason.data or "").strip()


class RoleForm(ReasonForm, ReauthenticationFields):
    """A member's role, with a fresh proof that it is really the admin."""

    role = RadioField("Role", choices=ROLES, validate_choice=False)

    def __init__(self, current_role: str, vendor: str | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current_role, self.vendor = current_role, vendor

    def validate_role(self, field: Any) -> None:
        """Another one than now; and nobody judges texts about the vendor they speak for."""
        if field.data not in ROLES:
            raise ValidationError("Choose a role.")
        if field.data == self.current_role:
            raise ValidationError("This is the role they have.")
        if field.data != "member" and self.vendor:
            raise ValidationError(f"They speak for {self.vendor}. A representative is no moderator.")
