"""The form that requests to represent a vendor."""

from wtforms import Field, StringField
from wtforms.validators import ValidationError

from forum import text
from forum.accounts.names import clean_name, title_error
from forum.forms import Form


class RepresentativeForm(Form):
    """The member's job title at the vendor."""

    title = StringField("Your job title there", filters=[lambda typed: clean_name(typed or "")])

    def validate_title(self, field: Field) -> None:
        """Accept 2 to 80 characters."""
        if message := title_error(field.data or ""):
            raise ValidationError(message)
        if not 2 <= text.visible_length(field.data or "") <= 80:
            raise ValidationError("Enter your job title at the vendor, in 2 to 80 characters.")
