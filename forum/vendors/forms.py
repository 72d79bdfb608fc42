"""The form that proposes a vendor, and the choice of a tier that forms about a vendor share."""

import re
from typing import Any, Protocol

from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.domains import ascii_domain
from forum.forms import Form
from forum.vendors.models import Programme, Tier, Vendor
from forum.vendors.queries import ProgrammeTier, categories, is_name_taken, programme_tier_rows

DOMAIN_PATTERN = re.compile(
    r"^(?:https?://)?(?:www\.)?((?:[\w-]+\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,}))(?:/.*)?$", re.IGNORECASE
)
MAX_URL_LENGTH = 2000
MAX_SLUG_LENGTH = 70
MAX_DOMAIN_LENGTH = 190


class HasTier(Protocol):
    """A post or rating of a programme and perhaps a tier."""

    programme_id: Any
    tier_id: Any


class TierChoice:
    """A vendor's programmes and tiers as choices of one select: "p3" is programme 3 without a tier, "t7" tier 7."""

    def __init__(self, vendor: Vendor | None) -> None:
        self.vendor = vendor
        self.rows: dict[str, ProgrammeTier] = {}
        groups: dict[str, dict[str, str]] = {}
        for row in programme_tier_rows(vendor) if vendor else ():
            group = groups.setdefault(row.programme_name, {})
            if not group:
                self.rows[f"p{row.programme_id}"] = row
                group[f"p{row.programme_id}"] = f"{row.programme_name}, tier not stated"
            if row.tier_id:
                self.rows[f"t{row.tier_id}"] = row
                group[f"t{row.tier_id}"] = row.tier_name or ""
        self.choices: dict[str, str | dict[str, str]] = {"": "Not stated", **groups}

    def is_valid(self, value: str) -> bool:
        """Return whether the value is one of the choices."""
        return value in self.rows

    def resolve(self, value: str | None) -> tuple[Programme | None, Tier | None]:
        """Return the programme and tier of a choice; without a choice, the vendor's programme if it has only one."""
        programmes = self.vendor.programmes if self.vendor else []
        row = self.rows.get(value or "")
        if row is None:
            return (programmes[0] if len(programmes) == 1 else None), None
        programme = next((item for item in programmes if item.id == row.programme_id), None)
        if programme is None or not (value or "").startswith("t"):
            return programme, None
        return programme, next((tier for tier in programme.tiers if tier.id == row.tier_id), None)

    @staticmethod
    def value_of(item: HasTier) -> str:
        """Return the choice that a post or rating stands for."""
        return f"t{item.tier_id}" if item.tier_id else f"p{item.programme_id}" if item.programme_id else ""


def domain_in(typed: str | None) -> str | None:
    """Return the domain of a typed domain or URL in ASCII, or None when there is none or it is too long."""
    match = DOMAIN_PATTERN.match((typed or "").strip()[:MAX_URL_LENGTH])
    domain = ascii_domain(match[1]) if match else None
    return domain if domain and len(domain) <= MAX_DOMAIN_LENGTH else None


class ProposalForm(Form):
    """A vendor that is missing from the catalogue."""

    name = StringField("Vendor name", validators=[InputRequired("Enter the vendor's name.")])
    category = SelectField("Category", validators=[InputRequired("Choose a category.")])
    website = StringField("Website")
    programme = StringField(
        "Name of its partner programme", validators=[Length(max=80, message="Use at most 80 characters.")]
    )
    description = TextAreaField(
        "What it sells, in one sentence", validators=[Length(max=300, message="Use at most 300 characters.")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories = {category.slug: category for category in categories()}
        names = {slug: category.name for slug, category in self.categories.items()}
        self.category.choices = {"": "Choose one", **names}

    def validate_name(self, field: Field) -> None:
        """Accept 2 to 80 characters that no vendor or proposal uses."""
        name = text.single_line(field.data or "")
        if not 2 <= len(name) <= 80 or not text.fold(name):
            raise ValidationError("Enter a name of 2 to 80 characters.")
        if len(text.fold(name)) > MAX_SLUG_LENGTH:
            raise ValidationError("This name is too long for a web address. Enter a shorter form of it.")
        if is_name_taken(text.fold(name)):
            raise ValidationError("A vendor with this name is already listed or waiting for a moderator.")

    def validate_website(self, field: Field) -> None:
        """Accept a domain or a URL, or nothing."""
        if (field.data or "").strip() and domain_in(field.data) is None:
            raise ValidationError("This is not a web address. Enter one like vendor.example.")

    def cleaned_data(self) -> dict[str, Any]:
        """Return the arguments of `propose_vendor`."""
        return {
            "name": self.name.data,
            "category": self.categories[self.category.data],
            "website": domain_in(self.website.data) or "",
            "programme": text.single_line(self.programme.data or ""),
            "description": self.description.data or "",
        }
