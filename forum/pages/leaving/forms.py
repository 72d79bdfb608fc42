"""What a member types to download their data or to delete their account."""

from wtforms import RadioField
from wtforms.validators import InputRequired

from forum.accounts.forms import own_password_field
from forum.forms import Form


class DownloadDataForm(Form):
    """The password again: the download holds everything, anonymous writing included."""

    current_password = own_password_field()


class DeleteAccountForm(DownloadDataForm):
    """What happens to the member's writing. Nothing is preselected."""

    named = RadioField(
        "What you wrote and rated by name",
        choices={"keep": "Keep it, signed “a former member”", "delete": "Delete it"},
        validators=[InputRequired("Choose what happens to your signed writing.")],
    )
    anonymous = RadioField(
        "What you wrote and rated anonymously",
        choices={"keep": "Keep it under its aliases", "delete": "Delete it"},
        validators=[InputRequired("Choose what happens to your anonymous writing.")],
    )
