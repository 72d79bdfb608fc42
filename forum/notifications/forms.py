"""How often somebody wants mail."""

from wtforms import RadioField

from forum.forms import Form

DIGEST_FREQUENCIES = {"daily": "Every day", "weekly": "Every week", "never": "Never"}


class DigestForm(Form):
    """Mail that says that something is new."""

    digest = RadioField("Tell me by mail when something is new in what I follow", choices=DIGEST_FREQUENCIES)
