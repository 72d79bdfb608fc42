"""What people type when they rate, and what is wrong with it."""

import re
from typing import Any

from flask_login import current_user
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import ValidationError

from forum.accounts.sanctions import anonymous_bar_message
from forum.ratings.criteria import ASKS, DEALS, EURO_RATES, CRITERIA, INTERESTS, Ask
from forum.ratings.models import Rating
from forum.vendors.forms import TierChoice
from forum.vendors.models import Vendor
from forum.forms import Form

CRITERION_CHOICES = {"": "Skip", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "0": "Not offered"}
STAR_CHOICES = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}
MAX_DEALS = 100_000
MAX_YEARS = 60
_WHOLE = re.compile(r"\d+|\d{1,3}(?:[.,' ]\d{3})+")
_AROUND = re.compile(r"^(?:€|£|\$|EUR|GBP|USD|CHF)?\s*(.*?)\s*(?:€|£|\$|EUR|GBP|USD|CHF)?(?:,-|[.,]00)?$", re.I)


def parse_whole_number(typed: str) -> int | None:
    """A whole number however people write it: 3500, 3,500, 3.500, 3 500, €3,500. None for anything else."""
    plain = " ".join(typed.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'").split())
    inner = _AROUND.match(plain)
    plain = inner[1] if inner else plain
    return int(re.sub(r"\D", "", plain)) if _WHOLE.fullmatch(plain) and len(plain) < 40 else None


def _whole(most: int, example: str) -> Any:
    def check(form: Any, field: Any) -> None:
        typed = (field.data or "").strip()
        if not typed:
            return
        if typed.startswith(("-", "−")):
            raise ValidationError("This cannot be less than nothing. Leave it empty if you do not know.")
        number = parse_whole_number(typed)
        if number is None:
            raise ValidationError(f"Write a whole number, such as {example}, or leave it empty.")
        if number > most:
            raise ValidationError(f"This is more than {most:,}. Check the zeros.")

    return check


def _one_of(choices: dict[str, str], words: str) -> Any:
    def check(form: Any, field: Any) -> None:
        if field.data and field.data not in choices:
            raise ValidationError(words)

    return check


def _ask_field(ask: Ask) -> StringField:
    example = {"money": "3500", "people": "4", "hours": "40"}[ask.unit]
    return StringField(ask.label, validators=[_whole(ask.maximum, example)])


class RatingFields(Form):
    """The fields of a rating. All but the answers in `needed` may stay empty."""

    currency = SelectField("Currency", choices={code: code for code in EURO_RATES}, default="EUR", validate_choice=False)
    years = StringField("Years in the programme", validators=[_whole(MAX_YEARS, "3")])
    only_vendor_trains = RadioField(
        "Does only the vendor sell the training?",
        choices={"": "Don't know", "yes": "Yes", "no": "No"},
        default="",
        validate_choice=False,
        validators=[_one_of({"yes": "", "no": ""}, "Choose yes, no, or don't know.")],
    )
    worth = RadioField("Was the status worth the effort?", choices=STAR_CHOICES, validate_choice=False)
    again = RadioField("Would you partner again?", choices={"yes": "Yes", "no": "No"}, validate_choice=False)
    interest = RadioField("Do you have an interest of your own?", choices=INTERESTS, validate_choice=False)

    def has_answers(self) -> bool:
        """Whether anything of a rating was filled in."""
        names = [*(given.key for given in CRITERIA), *(ask.key for ask in ASKS), *DEALS, "worth", "again", "years"]
        return any((self[name].data or "").strip() for name in names)

    def validate_currency(self, field: Any) -> None:
        """One of those that can be laid beside others."""
        if field.data and field.data not in EURO_RATES:
            raise ValidationError("Choose a currency of the list.")

    def validate_worth(self, field: Any) -> None:
        """1 to 5, needed."""
        if self.has_answers() and field.data not in STAR_CHOICES:
            raise ValidationError("Say whether the status was worth the effort, 1 to 5.")

    def validate_again(self, field: Any) -> None:
        """Yes or no, needed."""
        if self.has_answers() and field.data not in ("yes", "no"):
            raise ValidationError("Say whether you would partner again.")

    def validate_interest(self, field: Any) -> None:
        """One of the four, needed."""
        if self.has_answers() and field.data not in INTERESTS:
            raise ValidationError("Say whether you work for the vendor, a competitor or a distributor.")

    def validate_deals_kept(self, field: Any) -> None:
        """Deals narrow down: registered, approved, kept."""
        registered, approved, kept = (self._n(key) for key in ("deals_registered", "deals_approved", "deals_kept"))
        if _exceeds(approved, registered):
            raise ValidationError("More deals were approved than registered. Check the numbers.")
        if _exceeds(kept, approved if approved is not None else registered):
            raise ValidationError("More deals stayed yours than were approved. Check the numbers.")

    def validate_bids_refused_registered(self, field: Any) -> None:
        """What became of special bids is not more than was asked for."""
        asked = self._n("bids_asked")
        ends = [self._n(key) or 0 for key in ("bids_granted", "bids_refused_tier", "bids_refused_registered")]
        if _exceeds(sum(ends), asked):
            raise ValidationError("More special bids were granted or refused than asked for. Check the numbers.")

    def _n(self, key: str) -> int | None:
        return parse_whole_number((self[key].data or "").strip())

    def answers(self) -> dict[str, Any]:
        """The rating's answers, for an action. Only after validation."""
        marks = {given.key: int(self[given.key].data) if self[given.key].data else None for given in CRITERIA}
        numbers = {key: self._n(key) for key in (*(ask.key for ask in ASKS), *DEALS, "years")}
        trains = {"yes": True, "no": False}.get(self.only_vendor_trains.data or "")
        return (
            marks
            | numbers
            | {
                "currency": self.currency.data or "EUR",
                "only_vendor_trains": trains,
                "worth": int(self.worth.data),
                "again": self.again.data == "yes",
                "interest": self.interest.data,
            }
        )


for _given in CRITERIA:
    setattr(
        RatingFields,
        _given.key,
        RadioField(
            _given.label,
            choices=CRITERION_CHOICES,
            default="",
            validate_choice=False,
            validators=[_one_of(CRITERION_CHOICES, "Choose 1 to 5, not offered, or skip.")],
        ),
    )
for _ask in ASKS:
    setattr(RatingFields, _ask.key, _ask_field(_ask))
for _key, _label in DEALS.items():
    setattr(RatingFields, _key, StringField(_label, validators=[_whole(MAX_DEALS, "11")]))


class RatingForm(RatingFields):
    """A rating that stands alone: of a vendor's programme and tier, signed or not."""

    # To change what one has said is a right that no bar takes away.
    is_revision = False
    submission = HiddenField()
    tier = SelectField("Programme and tier you hold or held", choices={"": "Not stated"}, validate_choice=False)
    identity = RadioField(
        "How you appear", choices={"name": "By name", "anonymous": "Anonymous"}, default="name", validate_choice=False
    )

    def __init__(self, *args: Any, vendor: Vendor | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tiers = TierChoice(vendor)
        self.tier.choices = self.tiers.choices
        self.vendor = vendor

    def has_answers(self) -> bool:
        """A rating form rates."""
        return True

    def validate_tier(self, field: Any) -> None:
        """One of this vendor's."""
        if field.data and not self.tiers.is_valid(field.data):
            raise ValidationError("This is not a tier of this vendor. Choose again.")

    def validate_identity(self, field: Any) -> None:
        """One of the two; without a name, unless that is barred."""
        if field.data not in ("name", "anonymous"):
            raise ValidationError("Choose how you appear.")
        if field.data == "anonymous" and not self.is_revision and (refusal := anonymous_bar_message(current_user)):
            raise ValidationError(refusal)


def form_data(rating: Rating) -> dict[str, Any]:
    """A rating's answers as its form shows them."""

    def word(value: Any) -> str:
        return "" if value is None else "yes" if value is True else "no" if value is False else str(value)

    names = [*(given.key for given in CRITERIA), *(ask.key for ask in ASKS), *DEALS, "years", "worth"]
    return {name: word(getattr(rating, name)) for name in names} | {
        "currency": rating.currency,
        "only_vendor_trains": word(rating.only_vendor_trains),
        "again": word(rating.again),
        "interest": rating.interest,
        "tier": TierChoice.value_of(rating),
        "identity": "anonymous" if rating.anonymous else "name",
    }


def _exceeds(part: int | None, whole: int | None) -> bool:
    return part is not None and whole is not None and part > whole
