"""What people type when a vendor is missing."""

import re
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.vendors.queries import categories, names_taken
from forum.web import Form

DOMAIN = re.compile(r"^(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/.*)?$", re.IGNORECASE)


class ProposalForm(Form):
    """A vendor that is missing from the catalogue."""

    name = StringField("Name of the vendor", validators=[InputRequired("Write the vendor's name.")])
    category = SelectField("Category", validators=[InputRequired("Choose a category.")])
    website = StringField("Website")
    programme = StringField(
        "Name of its partner programme", validators=[Length(max=80, message="Use at most 80 characters.")]
    )
    about = TextAreaField(
        "What it sells, in a sentence", validators=[Length(max=300, message="Use at most 300 characters.")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {category.slug: category for category in categories()}
        self.category.choices = {"": "Choose one", **{slug: known.name for slug, known in self.known.items()}}

    def validate_name(self, field: Any) -> None:
        """2 to 80 characters, and not there already."""
        name = text.one_line(field.data or "")
        if not 2 <= len(name) <= 80 or not text.fold(name):
            raise ValidationError("Write a name of 2 to 80 characters.")
        if names_taken(text.fold(name)):
            raise ValidationError("There is a vendor with this name, or it waits for a moderator already.")

    def validate_website(self, field: Any) -> None:
        """A domain or an address that has one."""
        if (field.data or "").strip() and not DOMAIN.match(field.data.strip()):
            raise ValidationError("This is not a web address. It looks like vendor.example.")

    def answers(self) -> dict[str, Any]:
        """For propose_vendor."""
        match = DOMAIN.match((self.website.data or "").strip())
        return {
            "name": self.name.data,
            "category": self.known[self.category.data],
            "website": match[1].lower() if match else "",
            "programme": self.programme.data or "",
            "about": self.about.data or "",
        }
