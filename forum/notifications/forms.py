"""The form for the kinds of news."""

from wtforms import SelectMultipleField

from forum.forms import Form


class KindsForm(Form):
    """Choose the kinds of news; the choices depend on the member."""

    kinds = SelectMultipleField("Tell me about")
