"""The base class of all forms, and composed texts offered again on another page so that none is lost."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from flask import current_app, render_template, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms import Field, HiddenField, PasswordField, SelectFieldBase, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from forum import text
from forum.signed_tokens import read_token, sign_token

# The longest input of one line: a passkey's answer has a few thousand characters.
MAX_LINE_LENGTH = 10_000
# The longest form has some sixty fields.
MAX_UNSENT_FIELDS = 100
View = TypeVar("View", bound=Callable[..., Any])
# Fields that are never offered again on another page.
NEVER_REPEATED = {"csrf_token", "password", "current_password", "password_confirmation", "proof", "code"}
NEVER_REPEATED |= {"credential", "intent", "unsent"}
# Fields that a form fills in by itself; they say nothing to people.
TECHNICAL_FIELDS = {"submission", "form_timestamp", "homepage", "replaces", "to", "kind", "version"}
# The button that leads from such a page back to the form.
REVIEW = "review"
# How much of a text and of any other field is stored, to fill a form again.
MAX_BODY_LENGTH, MAX_TYPED_LENGTH = 20_000, 1_000
# As long as the link works that confirms a new account.
UNSENT_SALT, UNSENT_MAX_AGE = "unsent form", 7 * 24 * 3600  # seconds
MAX_SUBMISSION_LENGTH = 64
# No form chooses for its author: whoever forgets to choose must not appear by name.
CHOOSE_IDENTITY = "Choose how you appear: by name or anonymously. Nothing is published yet."


class SubmissionField(HiddenField):
    """The random number of a form, by which it is stored once; see submissions.py. A number too long is none."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number."""
        if valuelist:
            self.data = valuelist[0] if len(valuelist[0]) <= MAX_SUBMISSION_LENGTH else ""


class MarkdownField(TextAreaField):
    """A text in Markdown, rendered only once, when it is validated."""

    rendered: text.Rendered | None = None


class Conflict(NamedTuple):
    """A field that two writers changed."""

    field: Field

    @property
    def stored(self) -> str:
        """What is stored now, in words."""
        return _words_for(self.field, self.field.object_data)

    @property
    def typed(self) -> str:
        """What was typed here, in words."""
        return _words_for(self.field, self.field.data)


class Form(FlaskForm):
    """A form of this site. `meta_fields` are the fields that are not data for an action."""

    meta_fields: tuple[str, ...] = ("csrf_token",)
    conflicts: Sequence[Conflict] = ()

    class Meta(FlaskForm.Meta):
        """Read fields alone: Flask-WTF would read files and JSON too, whose values are no text.

        Every POST has been checked before its view runs, and pages print a token without a form's help.
        """

        csrf = False

        def wrap_formdata(self, form: FlaskForm, formdata: object) -> object:
            """Return the fields of the request, or those that were passed."""
            if formdata is not _Auto:
                return formdata
            return (request.form or None) if form.is_submitted() else None

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read the fields and clean their text, so that lengths are checked on what is stored."""
        super().process(*args, **kwargs)
        for field in self:
            _cut_line(field)
            if isinstance(field, StringField) and field.data is None:
                field.data = ""  # a field that is missing is empty
            elif isinstance(field.data, str) and not isinstance(field, PasswordField):
                field.data = text.clean(field.data)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Return whether the fields are valid. A text offered again on another page is first shown in its own form."""
        return request.form.get("intent") != REVIEW and bool(super().validate(extra_validators))

    def has_changed(self) -> bool:
        """Return whether any field differs from what the form was filled with."""
        fields = [field for field in self if field.name not in self.meta_fields]
        return any((field.data or "") != (field.object_data or "") for field in fields)

    def cleaned_data(self) -> dict[str, Any]:
        """Return the fields' values by name, without the meta fields."""
        return {name: value for name, value in self.data.items() if name not in self.meta_fields}

    def typed_fields(self) -> dict[str, str]:
        """Return what was typed into the form's own fields, as text that fills them again, capped."""
        names = [name for name in self._fields if name in request.form and name not in NEVER_REPEATED]
        limits = {"body": MAX_BODY_LENGTH}
        return {name: _typed_value(name)[: limits.get(name, MAX_TYPED_LENGTH)] for name in names}

    def render(self, template: str, **values: object) -> tuple[str, int]:
        """Return the page with this form, and its status: 422 when the form has errors, else 200."""
        return render_template(template, form=self, **values), 422 if self.errors else 200


class EditForm(Form):
    """A form that changes what exists, filled with it. It carries a hash of each value that it was filled with.

    What only somebody else changed in the meantime is taken over, so that saving does not undo it. What both changed is
    a conflict: nothing is saved until its writer has seen both. A form without hashes is not checked.
    """

    meta_fields: tuple[str, ...] = ("csrf_token", "version")
    version = HiddenField()

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read the fields, and compare what is stored now with what the form was filled with."""
        super().process(*args, **kwargs)
        fields = [field for field in self if field.name not in self.meta_fields]
        pairs = (pair.partition(":") for pair in (self.version.data or "").split())
        hashes = {name: value for name, _, value in pairs}
        self.conflicts = [conflict for field in fields if (conflict := _merge(field, hashes.get(field.short_name)))]
        self.version.data = " ".join(f"{field.short_name}:{_hash_of(field.object_data)}" for field in fields)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Return whether the fields are valid and nobody else changed them."""
        return super().validate(extra_validators) and not self.conflicts


def _merge(field: Field, base: str | None) -> Conflict | None:
    """Take over what only somebody else changed since the value with this hash, or return the conflict."""
    typed, stored = _hash_of(field.data), _hash_of(field.object_data)
    if base in (None, stored) or typed == stored:
        return None
    if typed == base:
        field.data, field.raw_data = field.object_data, [str(field.object_data)]
        return None
    return Conflict(field)


def _hash_of(value: object) -> str:
    plain = "" if value is None else text.clean(str(value)).strip()
    return sha256(plain.encode()).hexdigest()[:12]


def _words_for(field: Field, value: object) -> str:
    choices = field.iter_choices() if isinstance(field, SelectFieldBase) else ()
    return str(next((choice.label for choice in choices if choice.value == value), value or ""))


def _cut_line(field: Field) -> None:
    """Refuse a line that is too long, before anything looks at it. Texts have limits of their own, and are kept."""
    if isinstance(field, TextAreaField) or not isinstance(field.data, str) or len(field.data) <= MAX_LINE_LENGTH:
        return
    field.data = field.data[:MAX_LINE_LENGTH]
    field.process_errors = [*field.process_errors, f"Use at most {MAX_LINE_LENGTH:,} characters."]


def check_markdown(form: BaseForm, field: Field) -> None:
    """Validate that a text can be shown as Markdown: tables, lists and quotes have limits. Keep the rendered text."""
    rendered, error = text.check_and_render(field.data or "")
    if error:
        raise ValidationError(f"{error} Your text is still here.")
    if isinstance(field, MarkdownField):
        field.rendered = rendered


class UnsentForm(NamedTuple):
    """What somebody typed into a form that was not accepted yet, and the path that it was sent to."""

    action: str
    fields: dict[str, str]

    def token(self) -> str:
        """Return the form as text that only this site can make: no page in between can change it or its action."""
        return sign_token(UNSENT_SALT, [self.action, self.fields])

    def passages(self) -> dict[str, str]:
        """Return all that would be sent, by a label for people, without what the page's own form filled in."""
        return {
            name.replace("_", " ").capitalize(): value
            for name, value in self.fields.items()
            if value and name not in TECHNICAL_FIELDS
        }


def composing(view: View) -> View:
    """Mark a view in whose form people compose a text: when it can't be accepted yet, the text is offered again."""
    view.is_composing = True  # type: ignore[attr-defined]
    return view


def unsent_form(*, is_any: bool = False) -> UnsentForm | None:
    """Return the submitted form to offer it again; None unless a page of this site sent a text that somebody composed.

    With `is_any`, also a form that holds no such text.

    A foreign page could send fields that its reader never saw, to be confirmed here with one press.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    is_offered = is_any or hasattr(view, "is_composing")
    if request.method != "POST" or not is_offered or not is_same_origin():
        return None
    names = (name for name in request.form if name not in NEVER_REPEATED and len(name) < 60)
    fields = {name: _typed_value(name) for name in islice(names, MAX_UNSENT_FIELDS)}
    return UnsentForm(request.path, fields) if any(fields.values()) else None


def _typed_value(name: str) -> str:
    """Return what was sent under a name: of boxes of one name, all that are checked."""
    return ", ".join(value for value in request.form.getlist(name) if value)


def unsent_form_in(token: str) -> UnsentForm | None:
    """Return the form in a token of ours, or None."""
    value = read_token(UNSENT_SALT, token, UNSENT_MAX_AGE)
    return UnsentForm(*value) if value else None


def carried_form() -> UnsentForm | None:
    """Return the form that a page of this site carries along, also when the request itself is not accepted."""
    return unsent_form_in(request.form.get("unsent", "")) if is_same_origin() else None


def is_same_origin() -> bool:
    """Return whether a page of this site sent the request. If the browser says nothing about that, it did not."""
    relation = request.headers.get("Sec-Fetch-Site")
    if relation is not None:
        return relation == "same-origin"
    origins = {_origin_of(request.host_url), _origin_of(current_app.config["SITE_URL"])}
    return _origin_of(request.headers.get("Origin") or request.referrer or "") in origins - {None}


def _origin_of(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc) if parts.scheme and parts.netloc else None
