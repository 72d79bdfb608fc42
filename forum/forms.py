"""The base class of all forms, and fields carried from one page to another so that no text is lost."""

from typing import Any

from flask import render_template, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import HiddenField, PasswordField, StringField

from forum import text

# Fields that are never carried to another page.
NEVER_CARRIED = {"csrf_token", "password", "current_password", "password_confirmation", "proof", "code"}
NEVER_CARRIED |= {"credential", "intent"}


MAX_SUBMISSION_LENGTH = 64


class SubmissionField(HiddenField):
    """The random number of a form, by which it is stored once; see submissions.py. A number too long is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number."""
        if valuelist:
            self.data = valuelist[0] if len(valuelist[0]) <= MAX_SUBMISSION_LENGTH else ""


class Form(FlaskForm):
    """A form of this site. `meta_fields` are the fields that are not data for an action."""

    meta_fields: tuple[str, ...] = ("csrf_token",)

    class Meta(FlaskForm.Meta):
        """Read fields alone: Flask-WTF would read files and JSON too, whose values are no text."""

        def wrap_formdata(self, form: FlaskForm, formdata: object) -> object:
            """Return the fields of the request, or those that were passed."""
            if formdata is not _Auto:
                return formdata
            return (request.form or None) if form.is_submitted() else None

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read the fields and clean their text, so that lengths are checked on what is stored."""
        super().process(*args, **kwargs)
        for field in self:
            if isinstance(field, StringField) and field.data is None:
                field.data = ""  # a field that is missing is empty
            elif isinstance(field.data, str) and not isinstance(field, PasswordField):
                field.data = text.clean(field.data)

    def has_changed(self) -> bool:
        """Return whether any field differs from what the form was filled with."""
        fields = [field for field in self if field.name not in self.meta_fields]
        return any((field.data or "") != (field.object_data or "") for field in fields)

    def cleaned_data(self) -> dict[str, Any]:
        """Return the fields' values by name, without the meta fields."""
        return {name: value for name, value in self.data.items() if name not in self.meta_fields}

    def render(self, template: str, **values: object) -> tuple[str, int]:
        """Return the page with this form, and its status: 422 when the form has errors, else 200."""
        return render_template(template, form=self, **values), 422 if self.errors else 200


def carried_fields() -> dict[str, str]:
    """Return the submitted fields that are repeated, hidden, on the next page, so that nothing typed is lost."""
    return {name: value for name, value in request.form.items() if name not in NEVER_CARRIED and len(name) < 60}
