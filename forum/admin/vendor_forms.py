"""What staff types about vendors, programmes and tiers, and what is wrong with it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from forum import text
from forum.accounts.disposable import is_disposable
from forum.accounts.organisations import is_free_mail
from forum.admin.member_forms import MAX_REASON_LENGTH, ReasonForm
from forum.db import now
from forum.ratings.forms import parse_whole_number
from forum.vendors.catalogue_actions import REQUIREMENTS
from forum.vendors.forms import DOMAIN_PATTERN, MAX_SLUG_LENGTH, MAX_DOMAIN_LENGTH
from forum.vendors.models import Vendor
from forum.vendors.queries import categories, vendor_by_name
from forum.forms import Form

DOMAIN_RELATIONS = {
    "own": "Its own",
    "subsidiary": "A subsidiary's",
    "agency": "An agency's",
    "distributor": "A distributor's",
}
MAX_REQUIREMENT = 1_000_000_000


def _name(most: int) -> Any:
    """Two to so many characters of which an address can be made."""

    def check(form: Any, field: Any) -> None:
        name = text.single_line(field.data or "")
        if not 2 <= len(name) <= most or not text.fold(name):
            raise ValidationError(f"Write a name of 2 to {most} characters.")
        if len(text.fold(name)) > MAX_SLUG_LENGTH:
            raise ValidationError("This name is too long for an address. Write a shorter form of it.")

    return check


class VendorForm(Form):
    """A vendor of the catalogue, changed."""

    name = StringField("Name", validators=[_name(80)])
    category = SelectField("Category")
    description = TextAreaField("What it sells", validators=[Length(max=300, message="Use at most 300 characters.")])
    reason = StringField("Why", validators=[Length(max=MAX_REASON_LENGTH, message="Use at most 500 characters.")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {category.slug: category for category in categories()}
        self.category.choices = {slug: known.name for slug, known in self.known.items()}

    def values(self) -> dict[str, Any]:
        """For the action."""
        return self.cleaned_data() | {"category": self.known[self.category.data], "reason": (self.reason.data or "").strip()}


class NameForm(Form):
    """A name on one line."""

    name = StringField("Name", validators=[_name(80)])

    def cleaned_name(self) -> str:
        """The name."""
        return text.single_line(self.name.data or "")


class AliasForm(NameForm):
    """A name that people use for a vendor."""

    name = StringField("Another name", validators=[_name(80)])


class ProgrammeForm(NameForm):
    """A programme more."""

    name = StringField("Name of the programme", validators=[_name(80)])


class DomainForm(Form):
    """A web and mail domain, and whose it is."""

    domain = StringField("Domain")
    relation = SelectField("Whose", choices=DOMAIN_RELATIONS)

    def validate_domain(self, field: Any) -> None:
        """A domain that belongs to a house, not one where anybody has mail."""
        match = DOMAIN_PATTERN.match((field.data or "").strip())
        if match is None or len(match[1]) > MAX_DOMAIN_LENGTH:
            raise ValidationError("This is not a domain. It looks like vendor.example.")
        if is_free_mail(match[1]) or is_disposable(f"somebody@{match[1]}"):
            raise ValidationError("Anybody can have an address there: it says nothing about whom somebody works for.")

    def domain_name(self) -> str:
        """The domain alone, in lower case."""
        match = DOMAIN_PATTERN.match((self.domain.data or "").strip())
        return match[1].lower() if match else ""


class MergeForm(ReasonForm):
    """Into which vendor another goes."""

    into = StringField("Into which vendor", validators=[InputRequired("Write the name of the other vendor.")])

    def __init__(self, old: Vendor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old = old
        self.target: Vendor | None = None

    def validate_into(self, field: Any) -> None:
        """Another vendor of the catalogue."""
        self.target = vendor_by_name(field.data or "")
        if self.target is None:
            raise ValidationError(f"“{(field.data or '').strip()[:60]}” is not in the catalogue.")
        if self.target.id == self.old.id:
            raise ValidationError("A vendor cannot go into itself. Write the other one's name.")


class TrendNoteFields(Form):
    """From which day something holds, and in which words the vendor's trend says so."""

    effective_on = DateField("From which day", default=lambda: now().date())
    trend_note = StringField("Words in the trend", validators=[Length(max=160, message="Use at most 160 characters.")])

    def validate_effective_on(self, field: Any) -> None:
        """A day of this century, a year ahead at most."""
        if field.data is None or not date(2000, 1, 1) <= field.data <= now().date() + timedelta(days=366):
            raise ValidationError("Write a day between 2000 and a year from now.")

    def effective_at(self) -> datetime:
        """The day's start."""
        day: date = self.effective_on.data
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    def trend_note_text(self) -> str:
        """The words, on one line; empty for none."""
        return text.single_line(self.trend_note.data or "")


def _demand(form: Any, field: Any) -> None:
    typed = (field.data or "").strip()
    number = parse_whole_number(typed)
    if typed and (number is None or number > MAX_REQUIREMENT):
        raise ValidationError("Write a whole number, such as 1,500, or nothing for “not stated”.")


class TierForm(TrendNoteFields):
    """A tier and what it demands. What changed is proposed in words first, then saved with them."""

    name = StringField("Name", validators=[_name(60)])
    rank = IntegerField("Place from below", validators=[NumberRange(1, 50, message="Write a number from 1 to 50.")])
    certified_people = StringField("Certified people", validators=[_demand])
    training_cost = StringField("Training a head, EUR", validators=[_demand])
    annual_fee = StringField("Annual fee, EUR", validators=[_demand])
    revenue_target = StringField("Revenue target a year, EUR", validators=[_demand])
    # The words that were proposed: when they are others now, they are proposed anew.
    proposed_note = HiddenField()

    def requirements(self) -> dict[str, int | None]:
        """What it demands; None is "not stated"."""
        return {key: parse_whole_number((self[key].data or "").strip()) for key in REQUIREMENTS}

    def values(self) -> dict[str, Any]:
        """For the action."""
        name = text.single_line(self.name.data or "")
        own = {"name": name, "rank": self.rank.data, "requirements": self.requirements()}
        return own | {"trend_note": self.trend_note_text(), "effective_at": self.effective_at()}


class RemovalForm(ReasonForm, TrendNoteFields):
    """A tier that goes, and how the trend says so."""
