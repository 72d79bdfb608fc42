"""The form for how soon mail comes."""

from wtforms import RadioField

from forum.forms import Form
from forum.notifications.paces import DAILY, MAIL_KINDS, NEVER, PACES, WEEKLY


class PaceForm(Form):
    """Choose how soon mail announces each kind of news."""

    reply = RadioField(MAIL_KINDS["reply"].label, choices=PACES)
    mention = RadioField(MAIL_KINDS["mention"].label, choices=PACES)
    official = RadioField(MAIL_KINDS["official"].label, choices=PACES)
    post = RadioField(MAIL_KINDS["post"].label, choices=PACES)
    topic = RadioField(MAIL_KINDS["topic"].label, choices=PACES)
    # For vendor representatives. Once a day at most: a mail at once would tell when an anonymous post was written.
    represented = RadioField(
        MAIL_KINDS["represented"].label, choices={pace: PACES[pace] for pace in (DAILY, WEEKLY, NEVER)}
    )

    def chosen_paces(self) -> dict[str, str]:
        """Return the pace of each kind."""
        return {field.name: field.data for field in self if field.name in MAIL_KINDS}
