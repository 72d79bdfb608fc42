"""The form for how soon a moderator gets mail."""

from wtforms import RadioField

from forum.forms import Form
from forum.moderation.staff_mail.models import PACES


class StaffMailForm(Form):
    """Choose how soon mail tells of cases."""

    pace = RadioField("Mail about waiting cases", choices=PACES)
