"""The base class of all forms, and fields carried from one page to another so that no text is lost."""

from itertools import islice
from typing import Any

from flask import render_template, request
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from forum import text

# The longest input of one line: a passkey's answer has a few thousand characters.
MAX_LINE_LENGTH = 10_000
# The longest form has some sixty fields.
MAX_CARRIED_FIELDS = 100
# Fields that are never carried to another page.
NEVER_CARRIED = {"csrf_token", "password", "current_password", "password_confirmation", "proof", "code"}
NEVER_CARRIED |= {"credential", "intent"}


class Form(FlaskForm):
    """A form of this site. `meta_fields` are the fields that are not data for an action."""

    meta_fields: tuple[str, ...] = ("csrf_token",)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read the fields and clean their text, so that lengths are checked on what is stored."""
        super().process(*args, **kwargs)
        for field in self:
            _cut_line(field)
            if isinstance(field.data, str) and not isinstance(field, PasswordField):
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


def _cut_line(field: Field) -> None:
    """Refuse a line that is too long, before anything looks at it. Texts have limits of their own, and are kept."""
    if isinstance(field, TextAreaField) or not isinstance(field.data, str) or len(field.data) <= MAX_LINE_LENGTH:
        return
    field.data = field.data[:MAX_LINE_LENGTH]
    field.process_errors = [*field.process_errors, f"Use at most {MAX_LINE_LENGTH:,} characters."]


def check_markdown(form: BaseForm, field: Field) -> None:
    """Validate that a text can be shown as Markdown: tables, lists and quotes have bounds."""
    if error := text.markdown_error(field.data or ""):
        raise ValidationError(f"{error} Your text is still here.")


def carried_fields() -> dict[str, str]:
    """Return the submitted fields that are repeated, hidden, on the next page, so that nothing typed is lost."""
    fields = ((name, value) for name, value in request.form.items() if name not in NEVER_CARRIED and len(name) < 60)
    return dict(islice(fields, MAX_CARRIED_FIELDS))
