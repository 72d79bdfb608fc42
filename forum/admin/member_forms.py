"""What staff types about an account, and what is wrong with it."""

from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum.accounts.second_factor_forms import FreshFields
from forum.web import Form

ROLES = {"member": "Member", "moderator": "Moderator", "admin": "Admin"}
LONGEST_REASON = 500


class ReasonForm(Form):
    """Why something is done. It stands in the public log."""

    reason = TextAreaField(
        "Why",
        validators=[
            InputRequired("Say why, in a sentence."),
            Length(min=5, max=LONGEST_REASON, message=f"Use 5 to {LONGEST_REASON} characters."),
        ],
    )

    def why(self) -> str:
        """The reason without space around it."""
        return (self.reason.data or "").strip()


class RoleForm(ReasonForm, FreshFields):
    """A member's role, with a fresh proof that it is really the admin."""

    role = RadioField("Role", choices=ROLES, validate_choice=False)

    def __init__(self, now_is: str, vendor: str | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now_is, self.vendor = now_is, vendor

    def validate_role(self, field: Any) -> None:
        """Another one than now; and nobody judges texts about the vendor they speak for."""
        if field.data not in ROLES:
            raise ValidationError("Choose a role.")
        if field.data == self.now_is:
            raise ValidationError("This is the role they have.")
        if field.data != "member" and self.vendor:
            raise ValidationError(f"They speak for {self.vendor}. A representative is no moderator.")
