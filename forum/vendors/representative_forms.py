"""The form that requests to represent a vendor."""

from wtforms import Field, StringField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import Form


class RepresentativeForm(Form):
    """The member's job title at the vendor."""

    title = StringField("Your job title there")

    def validate_title(self, field: Field) -> None:
        """Accept 2 to 80 characters."""
        if not 2 <= len(text.single_line(field.data or "")) <= 80:
            raise ValidationError("Enter your job title at the vendor, in 2 to 80 characters.")
