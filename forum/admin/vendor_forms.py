"""Forms of the admin pages about vendors, programmes and tiers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wtforms import BooleanField, DateField, Field, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from forum import text
from forum.accounts.disposable import is_disposable
from forum.accounts.organisations import is_free_mail
from forum.admin.member_forms import MAX_REASON_LENGTH, ReasonForm
from forum.db import now
from forum.forms import EditForm, Form
from forum.ratings.amounts import parse_euros, parse_whole_number
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.forms import MAX_SLUG_LENGTH, domain_in
from forum.vendors.models import Vendor
from forum.vendors.queries import categories, vendor_by_name

DOMAIN_RELATIONS = {
    "own": "Its own",
    "subsidiary": "A subsidiary's",
    "agency": "An agency's",
    "distributor": "A distributor's",
}
MAX_REQUIREMENT = 1_000_000_000


def _name_of_length(maximum: int) -> Callable[[Form, Field], None]:
    """Return a validator: 2 to `maximum` characters of which a slug can be made."""

    def check(form: Form, field: Field) -> None:
        if message := catalogue_name_error(text.single_line(field.data or ""), maximum):
            raise ValidationError(message)

    return check


def catalogue_name_error(name: str, maximum: int = 80) -> str:
    """Return what is wrong with a name on one line, or ""."""
    if not 2 <= len(name) <= maximum or not text.fold(name):
        return f"Enter a name of 2 to {maximum} characters."
    is_long = len(text.fold(name)) > MAX_SLUG_LENGTH
    return "This name is too long for a web address. Enter a shorter form of it." if is_long else ""


def domain_error(domain: str | None) -> str:
    """Return why a domain is not that of an organisation, or ""."""
    if domain is None:
        return "This is not a domain. Enter one like vendor.example."
    if is_free_mail(domain) or is_disposable(f"name@{domain}"):
        return "Anyone can have an address there, so it doesn't show where someone works."
    return ""


class VendorForm(EditForm):
    """Name, category and description of a vendor in the catalogue."""

    name = StringField("Name", validators=[_name_of_length(80)])
    category = SelectField("Category")
    description = TextAreaField("What it sells", validators=[Length(max=300, message="Use at most 300 characters.")])
    reason = StringField("Reason", validators=[Length(max=MAX_REASON_LENGTH, message="Use at most 500 characters.")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories = {category.slug: category for category in categories()}
        self.category.choices = {slug: category.name for slug, category in self.categories.items()}

    def values(self) -> dict[str, Any]:
        """Return the arguments of `vendor_actions.update_vendor`."""
        category, reason = self.categories[self.category.data], (self.reason.data or "").strip()
        return self.cleaned_data() | {"category": category, "reason": reason}


class NameForm(EditForm):
    """A name on one line."""

    name = StringField("Name", validators=[_name_of_length(80)])

    def cleaned_name(self) -> str:
        """Return the name on one line."""
        return text.single_line(self.name.data or "")


class AliasForm(NameForm):
    """Another name that people use for a vendor."""

    name = StringField("Other name", validators=[_name_of_length(80)])


class ProgrammeForm(NameForm):
    """A new programme."""

    name = StringField("Programme name", validators=[_name_of_length(80)])


class RetireForm(Form):
    """Why a vendor is retired or no longer retired."""

    reason = StringField("Reason", validators=[Length(max=MAX_REASON_LENGTH, message="Use at most 500 characters.")])


class DomainForm(Form):
    """A web and e-mail domain, and how its owner is related to the vendor."""

    domain = StringField("Domain")
    relation = SelectField("Owner", choices=DOMAIN_RELATIONS)

    def validate_domain(self, field: Field) -> None:
        """Accept the domain of an organisation, not of a mail provider."""
        if message := domain_error(domain_in(field.data)):
            raise ValidationError(message)

    def domain_name(self) -> str:
        """Return the domain alone, in lower case."""
        return domain_in(self.domain.data) or ""


class MergeForm(ReasonForm):
    """The vendor that another is merged into."""

    into = StringField("Merge into", validators=[InputRequired("Enter the name of the other vendor.")])

    def __init__(self, old: Vendor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old = old
        self.target: Vendor | None = None

    def validate_into(self, field: Field) -> None:
        """Accept another vendor of the catalogue, and set `target`."""
        self.target = vendor_by_name(field.data or "")
        if self.target is None:
            raise ValidationError(f"“{(field.data or '').strip()[:60]}” is not in the catalogue.")
        if self.target.id == self.old.id:
            raise ValidationError("A vendor can't be merged into itself. Enter another one.")


class TrendNoteFields(Form):
    """A note for the public trend, and from which day it holds."""

    effective_on = DateField("Effective from", default=lambda: now().date())
    trend_note = StringField(
        "Note in the public trend", validators=[Length(max=160, message="Use at most 160 characters.")]
    )

    def validate_effective_on(self, field: Field) -> None:
        """Accept a day from 2000 to a year from now."""
        if field.data is None or not date(2000, 1, 1) <= field.data <= now().date() + timedelta(days=366):
            raise ValidationError("Enter a day between 2000 and a year from now.")

    def effective_at(self) -> datetime:
        """Return the start of the day."""
        day: date = self.effective_on.data
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    def trend_note_text(self) -> str:
        """Return the note on one line; empty for none."""
        return text.single_line(self.trend_note.data or "")


def _requirement(field: Field) -> int | None:
    typed = (field.data or "").strip()
    return parse_whole_number(typed) if field.short_name == "certified_people" else parse_euros(typed)


def _check_requirement(form: Form, field: Field) -> None:
    typed, number = (field.data or "").strip(), _requirement(field)
    if typed and (number is None or number > MAX_REQUIREMENT):
        raise ValidationError("Enter a whole number, such as 1,500, or leave it empty for “not stated”.")


class TierForm(TrendNoteFields, EditForm):
    """A tier and its requirements. A note about the change is proposed first, then saved with it."""

    name = StringField("Name", validators=[_name_of_length(60)])
    rank = IntegerField("Rank (1 = lowest)", validators=[NumberRange(1, 50, message="Enter a number from 1 to 50.")])
    certified_people = StringField("Certified people required", validators=[_check_requirement])
    training_cost = StringField("Training per person, EUR", validators=[_check_requirement])
    annual_fee = StringField("Annual fee, EUR", validators=[_check_requirement])
    revenue_target = StringField("Annual revenue target, EUR", validators=[_check_requirement])
    meta_fields = ("csrf_token", "version", "effective_on", "trend_note", "proposed_note", "is_news")
    # Of a new tier: most are added to describe a programme that exists, which is no news for the trend.
    is_news = BooleanField("The vendor has just introduced this tier")
    # The note as proposed: if the requirements changed since, a new one is proposed.
    proposed_note = HiddenField()

    def requirements(self) -> dict[str, int | None]:
        """Return the requirements; None is "not stated"."""
        return {key: _requirement(self[key]) for key in REQUIREMENTS}

    def values(self) -> dict[str, Any]:
        """Return the arguments of `vendor_actions.save_tier`."""
        return {
            "name": text.single_line(self.name.data or ""),
            "rank": self.rank.data,
            "requirements": self.requirements(),
            "trend_note": self.trend_note_text(),
            "effective_at": self.effective_at(),
        }


class RemovalForm(ReasonForm, TrendNoteFields):
    """The removal of a tier, and the note about it in the public trend."""
