"""The forms for how often a member gets mail, and for the kinds of news."""

from wtforms import RadioField, SelectMultipleField

from forum.forms import Form

DIGEST_FREQUENCIES = {"daily": "Every day", "weekly": "Every week", "never": "Never"}


class DigestForm(Form):
    """Choose how often the digest comes."""

    digest = RadioField("E-mail me when something is new in what I follow", choices=DIGEST_FREQUENCIES)


class KindsForm(Form):
    """Choose the kinds of news; the choices depend on the member."""

    kinds = SelectMultipleField("Tell me about")
