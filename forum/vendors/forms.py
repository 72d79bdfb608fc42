"""What people type when a vendor is missing."""

import re
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.vendors.models import Programme, Tier, Vendor
from forum.vendors.queries import categories, is_name_taken, tier_rows
from forum.forms import Form

DOMAIN_PATTERN = re.compile(r"^(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/.*)?$", re.IGNORECASE)


class TierChoice:
    """A vendor's programmes and tiers as choices of one select: "p3" is programme 3 without a tier, "t7" tier 7."""

    def __init__(self, vendor: Vendor | None) -> None:
        self.vendor = vendor
        self.rows: dict[str, Any] = {}
        grouped: dict[str, dict[str, str]] = {}
        for row in tier_rows(vendor) if vendor else ():
            group = grouped.setdefault(row.programme_name, {})
            if not group:
                self.rows[f"p{row.programme_id}"] = row
                group[f"p{row.programme_id}"] = f"{row.programme_name}, tier not stated"
            if row.tier_id:
                self.rows[f"t{row.tier_id}"] = row
                group[f"t{row.tier_id}"] = row.tier_name
        self.choices: dict[str, Any] = {"": "Not stated", **grouped}

    def is_valid(self, typed: str) -> bool:
        """Whether this is one of the choices."""
        return typed in self.rows

    def resolve(self, typed: str | None) -> tuple[Programme | None, Tier | None]:
        """The programme and tier behind a choice. Without one, a vendor's only programme goes without saying."""
        programmes = self.vendor.programmes if self.vendor else []
        row = self.rows.get(typed or "")
        if row is None:
            return (programmes[0] if len(programmes) == 1 else None), None
        programme = next((one for one in programmes if one.id == row.programme_id), None)
        wanted = row.tier_id if (typed or "").startswith("t") else None
        return programme, next((one for one in (programme.tiers if programme else []) if one.id == wanted), None)

    @staticmethod
    def value_of(item: Any) -> str:
        """The choice that a post or rating with `programme_id` and `tier_id` stands for."""
        return f"t{item.tier_id}" if item.tier_id else f"p{item.programme_id}" if item.programme_id else ""


MAX_SLUG_LENGTH = 70
MAX_DOMAIN_LENGTH = 190


class ProposalForm(Form):
    """A vendor that is missing from the catalogue."""

    name = StringField("Name of the vendor", validators=[InputRequired("Write the vendor's name.")])
    category = SelectField("Category", validators=[InputRequired("Choose a category.")])
    website = StringField("Website")
    programme = StringField(
        "Name of its partner programme", validators=[Length(max=80, message="Use at most 80 characters.")]
    )
    description = TextAreaField(
        "What it sells, in a sentence", validators=[Length(max=300, message="Use at most 300 characters.")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {category.slug: category for category in categories()}
        self.category.choices = {"": "Choose one", **{slug: known.name for slug, known in self.known.items()}}

    def validate_name(self, field: Any) -> None:
        """2 to 80 characters, and not there already."""
        name = text.single_line(field.data or "")
        if not 2 <= len(name) <= 80 or not text.fold(name):
            raise ValidationError("Write a name of 2 to 80 characters.")
        if len(text.fold(name)) > MAX_SLUG_LENGTH:
            raise ValidationError("This name is too long for an address. Write a shorter form of it.")
        if is_name_taken(text.fold(name)):
            raise ValidationError("There is a vendor with this name, or it waits for a moderator already.")

    def validate_website(self, field: Any) -> None:
        """A domain or an address that has one."""
        typed = (field.data or "").strip()
        match = DOMAIN_PATTERN.match(typed)
        if typed and (match is None or len(match[1]) > MAX_DOMAIN_LENGTH):
            raise ValidationError("This is not a web address. It looks like vendor.example.")

    def cleaned_data(self) -> dict[str, Any]:
        """For propose_vendor."""
        match = DOMAIN_PATTERN.match((self.website.data or "").strip())
        return {
            "name": self.name.data,
            "category": self.known[self.category.data],
            "website": match[1].lower() if match else "",
            "programme": text.single_line(self.programme.data or ""),
            "description": self.description.data or "",
        }
