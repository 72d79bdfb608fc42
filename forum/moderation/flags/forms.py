"""The form to report a post, a reply or a member."""

from wtforms import Field, RadioField, StringField
from wtforms.validators import ValidationError

from forum import text
from forum.forms import Form
from forum.moderation.rules import RULE_CHOICES

MAX_MESSAGE = 500


class FlagForm(Form):
    """A report: the rule that is broken, and a message to the moderators."""

    rule = RadioField("Which rule does it break?", choices=RULE_CHOICES, validate_choice=False)
    message = StringField("In your words, for the moderators")

    def validate_rule(self, field: Field) -> None:
        """Require one of the published rules."""
        if field.data not in RULE_CHOICES:
            raise ValidationError("Choose the rule. If none fits, reply instead. Being wrong is not against the rules.")

    def validate_message(self, field: Field) -> None:
        """Check the length."""
        length = len(field.data or "")
        if length > MAX_MESSAGE:
            raise ValidationError(
                f"This is {length} characters long. Shorten it to {MAX_MESSAGE} characters. Your text is still here."
            )

    def rule_number(self) -> int:
        """Return the number of the rule chosen."""
        return int(self.rule.data)

    def message_line(self) -> str:
        """Return the message on one line."""
        return text.single_line(self.message.data or "")
