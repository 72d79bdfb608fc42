"""The form of a rating, and its error messages."""

from collections.abc import Callable, Container
from typing import Any

from flask_login import current_user
from wtforms import Field, RadioField, SelectField, StringField
from wtforms.validators import ValidationError

from forum.accounts.sanctions import anonymous_bar_message
from forum.forms import CHOOSE_IDENTITY, EditForm, Form, SubmissionField
from forum.ratings.amounts import Amount, parse_amount, parse_whole_number
from forum.ratings.criteria import (
    ASK_KEYS,
    ASKS,
    CRITERIA,
    CRITERION_KEYS,
    DEALS,
    EURO_RATES,
    INTERESTS,
    Answer,
    Ask,
)
from forum.ratings.models import Rating
from forum.vendors.forms import TierChoice
from forum.vendors.models import Vendor

CRITERION_CHOICES = {"": "Skip", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "0": "Not offered"}
STAR_CHOICES = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}
DEFAULT_CURRENCY = "EUR"
MONEY_KEYS = tuple(ask.key for ask in ASKS if ask.unit == "money")
MAX_DEALS = 100_000
MAX_YEARS = 60
Validator = Callable[[Any, Field], None]
# The fields of each step of the form, by its name.
STEPS: dict[str, tuple[str, ...]] = {
    "verdict": ("worth", "again", "interest"),
    "stars": CRITERION_KEYS,
    "facts": (*ASK_KEYS, "years", "only_vendor_trains"),
    "deals": tuple(DEALS),
}


def _whole_number(maximum: int, example: str) -> Validator:
    def check(form: Form, field: Field) -> None:
        if typed := _typed(field):
            _check_number(parse_whole_number(typed), maximum, example)

    return check


def _money(maximum: int, example: str) -> Validator:
    def check(form: "RatingFields", field: Field) -> None:
        if typed := _typed(field):
            amount = parse_amount(typed)
            _check_number(amount.number if amount else None, maximum, example)
            if amount and (message := form.currency_error(amount)):
                raise ValidationError(message)

    return check


def _typed(field: Field) -> str:
    typed: str = (field.data or "").strip()
    if typed.startswith(("-", "−")):
        raise ValidationError("This can't be less than zero. Leave it empty if you don't know.")
    return typed


def _check_number(number: int | None, maximum: int, example: str) -> None:
    if number is None:
        raise ValidationError(f"Enter a whole number, such as {example}, or leave it empty.")
    if number > maximum:
        raise ValidationError(f"This is more than {maximum:,}. Check the zeros.")


def _one_of(choices: Container[str], message: str) -> Validator:
    def check(form: Form, field: Field) -> None:
        if field.data and field.data not in choices:
            raise ValidationError(message)

    return check


def _ask_field(ask: Ask) -> StringField:
    example = {"money": "3500", "people": "4", "hours": "40"}[ask.unit]
    validator = _money if ask.unit == "money" else _whole_number
    return StringField(ask.form_label, validators=[validator(ask.maximum, example)])


class RatingFields(Form):
    """The fields of a rating. Everything but the verdict may stay empty."""

    currency = SelectField(
        "Currency", choices={code: code for code in EURO_RATES}, default=DEFAULT_CURRENCY, validate_choice=False
    )
    years = StringField("Years in the programme", validators=[_whole_number(MAX_YEARS, "3")])
    only_vendor_trains = RadioField(
        "Does only the vendor sell the training?",
        choices={"": "Don't know", "yes": "Yes", "no": "No"},
        default="",
        validate_choice=False,
        validators=[_one_of(("yes", "no"), "Choose yes, no, or don't know.")],
    )
    worth = RadioField("Was the status worth the effort?", choices=STAR_CHOICES, validate_choice=False)
    again = RadioField("Would you partner again?", choices={"yes": "Yes", "no": "No"}, validate_choice=False)
    interest = RadioField("Conflict of interest", choices=INTERESTS, validate_choice=False)

    def has_answers(self) -> bool:
        """Return whether any answer was given."""
        names = [
            *(criterion.key for criterion in CRITERIA),
            *(ask.key for ask in ASKS),
            *DEALS,
            "worth",
            "again",
            "years",
        ]
        return any((self[name].data or "").strip() for name in names)

    def is_started(self, step: str) -> bool:
        """Return whether a step has an answer or an error, so that it is shown open."""
        return any(self[name].data or self[name].errors for name in STEPS[step])

    def clear_rating(self) -> None:
        """Forget all answers."""
        for name in (name for names in STEPS.values() for name in names):
            self[name].data = ""

    def validate_currency(self, field: Field) -> None:
        """Accept currencies that can be converted to euros."""
        if field.data and field.data not in EURO_RATES:
            raise ValidationError("Choose a currency from the list.")

    def validate_worth(self, field: Field) -> None:
        """Require 1 to 5."""
        if self.has_answers() and field.data not in STAR_CHOICES:
            raise ValidationError("Say whether the status was worth the effort, 1 to 5.")

    def validate_again(self, field: Field) -> None:
        """Require yes or no."""
        if self.has_answers() and field.data not in ("yes", "no"):
            raise ValidationError("Say whether you would partner again.")

    def validate_interest(self, field: Field) -> None:
        """Require one of the interests."""
        if self.has_answers() and field.data not in INTERESTS:
            raise ValidationError("Say whether you work for the vendor, a competitor or a distributor.")

    def validate_deals_kept(self, field: Field) -> None:
        """Reject more approved than registered deals, and more that stayed than were approved."""
        registered, approved, retained = (
            self._number(key) for key in ("deals_registered", "deals_approved", "deals_kept")
        )
        if _exceeds(approved, registered):
            raise ValidationError("More deals were approved than registered. Check the numbers.")
        if _exceeds(retained, approved if approved is not None else registered):
            raise ValidationError("More deals stayed yours than were approved. Check the numbers.")

    def validate_bids_refused_registered(self, field: Field) -> None:
        """Reject more granted and refused special bids than were asked for."""
        keys = ("bids_granted", "bids_refused_tier", "bids_refused_registered")
        if _exceeds(sum(self._number(key) or 0 for key in keys), self._number("bids_asked")):
            raise ValidationError("More special bids were granted or refused than asked for. Check the numbers.")

    def _number(self, key: str) -> int | None:
        amount = parse_amount(self[key].data or "")
        return amount.number if amount else None

    def currency_of_amounts(self) -> str:
        """Return the currency written with every sum, if none was selected; else the selected one."""
        selected: str = self.currency.data or DEFAULT_CURRENCY
        typed = [amount for key in MONEY_KEYS if (amount := parse_amount(self[key].data or ""))]
        shared = [code for code in EURO_RATES if typed and all(code in amount.currencies for amount in typed)]
        return shared[0] if selected == DEFAULT_CURRENCY and len(shared) == 1 else selected

    def currency_error(self, amount: Amount) -> str | None:
        """Return what is unclear about the currency written with a sum, or None."""
        currency, codes = self.currency_of_amounts(), amount.currencies
        if not codes or currency in codes:
            return None
        if len(codes) > 1:
            return f"This can be {', '.join(codes[:-1])} or {codes[-1]}. Choose it under Currency."
        return f"This is in {codes[0]}, but the currency chosen is {currency}. Use one currency for all sums."

    def answers(self) -> dict[str, Answer]:
        """Return the answers of a valid form, with the keys of actions.ANSWER_KEYS."""
        stars = {key: int(self[key].data) if self[key].data else None for key in CRITERION_KEYS}
        numbers = {key: self._number(key) for key in (*ASK_KEYS, *DEALS, "years")}
        return {
            **stars,
            **numbers,
            "currency": self.currency_of_amounts(),
            "only_vendor_trains": {"yes": True, "no": False}.get(self.only_vendor_trains.data or ""),
            "worth": int(self.worth.data),
            "again": self.again.data == "yes",
            "interest": self.interest.data,
        }


def _criterion_field(label: str) -> RadioField:
    return RadioField(
        label,
        choices=CRITERION_CHOICES,
        default="",
        validate_choice=False,
        validators=[_one_of(CRITERION_CHOICES, "Choose 1 to 5, not offered, or skip.")],
    )


for _criterion in CRITERIA:
    setattr(RatingFields, _criterion.key, _criterion_field(_criterion.label))
for _ask in ASKS:
    setattr(RatingFields, _ask.key, _ask_field(_ask))
for _key, _label in DEALS.items():
    setattr(RatingFields, _key, StringField(_label, validators=[_whole_number(MAX_DEALS, "11")]))


class RatingForm(RatingFields, EditForm):
    """A rating without a post: of a vendor's programme and tier, by name or anonymous."""

    meta_fields = ("csrf_token", "submission", "version")

    # Members may always change their ratings, even when they may not write anonymously.
    is_revision = False
    submission = SubmissionField()
    tier = SelectField("Programme and tier you hold or held", choices={"": "Not stated"}, validate_choice=False)
    identity = RadioField(
        "How you appear", choices={"name": "By name", "anonymous": "Anonymous"}, validate_choice=False
    )

    def __init__(self, vendor: Vendor | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tiers = TierChoice(vendor)
        self.tier.choices = self.tiers.choices
        self.vendor = vendor

    def has_answers(self) -> bool:
        """Return True: the verdict is required, even when nothing was filled in."""
        return True

    def validate_tier(self, field: Field) -> None:
        """Accept the vendor's own tiers."""
        if field.data and not self.tiers.is_valid(field.data):
            raise ValidationError("This is not a tier of this vendor. Choose again.")

    def validate_identity(self, field: Field) -> None:
        """Require one of the two, and reject anonymous ratings of members who may not write anonymously."""
        if field.data not in ("name", "anonymous"):
            raise ValidationError(CHOOSE_IDENTITY)
        if field.data == "anonymous" and not self.is_revision and (message := anonymous_bar_message(current_user)):
            raise ValidationError(message)


def form_data(rating: Rating) -> dict[str, str]:
    """Return a rating's answers as the values of the form's fields."""
    names = [*CRITERION_KEYS, *ASK_KEYS, *DEALS, "years", "worth"]
    return {name: _field_value(getattr(rating, name)) for name in names} | {
        "currency": rating.currency,
        "only_vendor_trains": _field_value(rating.only_vendor_trains),
        "again": _field_value(rating.again),
        "interest": rating.interest,
        "tier": TierChoice.value_of(rating),
        "identity": "anonymous" if rating.anonymous else "name",
    }


def _field_value(value: Answer) -> str:
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _exceeds(part: int | None, whole: int | None) -> bool:
    return part is not None and whole is not None and part > whole
