"""The form for how often a member gets mail."""

from wtforms import RadioField

from forum.forms import Form

DIGEST_FREQUENCIES = {"daily": "Every day", "weekly": "Every week", "never": "Never"}


class DigestForm(Form):
    """Choose how often the digest comes."""

    digest = RadioField("E-mail me when something is new in what I follow", choices=DIGEST_FREQUENCIES)
