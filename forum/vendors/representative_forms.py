"""What people type when they ask to speak for a vendor."""

from typing import Any

from wtforms import StringField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import Form


class RepresentativeForm(Form):
    """What somebody is at the vendor."""

    title = StringField("What you are there")

    def validate_title(self, field: Any) -> None:
        """Something that readers understand, and not endless."""
        if not 2 <= len(text.single_line(field.data or "")) <= 80:
            raise ValidationError("Write your title at the vendor, in 2 to 80 characters.")
