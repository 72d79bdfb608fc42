"""What a member types who takes their data along or leaves."""

from wtforms import PasswordField, RadioField
from wtforms.validators import InputRequired

from forum.accounts.forms import check_current_password
from forum.forms import Form


class TakeAlongForm(Form):
    """The password, typed anew: what comes is everything, anonymous writing too."""

    current_password = PasswordField("Your password", validators=[InputRequired("Write your password."), check_current_password])


class LeaveForm(TakeAlongForm):
    """What becomes of the member's writing; nothing is chosen beforehand."""

    named = RadioField(
        "What you wrote and rated by name",
        choices={"stays": "Stays, signed “a former member”", "goes": "Goes"},
        validators=[InputRequired("Choose what becomes of what you signed.")],
    )
    anonymous = RadioField(
        "What you wrote and rated anonymously",
        choices={"stays": "Stays under its two words", "goes": "Goes"},
        validators=[InputRequired("Choose what becomes of your anonymous writing.")],
    )
