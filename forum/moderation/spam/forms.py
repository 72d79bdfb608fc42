"""The forms that remove spam in one step."""

from datetime import datetime, time

from wtforms import BooleanField, DateField, Field, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError

from forum import text
from forum.db import now
from forum.forms import Form
from forum.moderation.decisions.forms import MAX_REASON, MIN_REASON, too_long
from forum.moderation.rules import RULE_CHOICES, RULES
from forum.moderation.spam.actions import SpamGrounds

SPAM_RULE = "7"


class AliasForm(Form):
    """The rule, the reason and a confirmation."""

    meta_fields: tuple[str, ...] = ("csrf_token", "confirmation")

    rule = SelectField("Rule", choices=RULE_CHOICES, default=SPAM_RULE)
    reason = TextAreaField("Reason (public)", default=RULES[int(SPAM_RULE)].standard_reason)
    confirmation = BooleanField("Yes, remove it", validators=[InputRequired("Tick the box to confirm.")])

    def validate_reason(self, field: Field) -> None:
        """Check the length."""
        if text.visible_length(field.data or "") < MIN_REASON:
            raise ValidationError(f"Say why, in at least {MIN_REASON} characters.")
        if len((field.data or "").strip()) > MAX_REASON:
            raise ValidationError(too_long(len((field.data or "").strip()), MAX_REASON))

    def grounds(self) -> SpamGrounds:
        """Return the rule and the reason, for an action."""
        return {"rule": int(self.rule.data), "reason": (self.reason.data or "").strip()}


class SpamForm(AliasForm):
    """What is removed of a member, and what else is done."""

    scope = RadioField(
        "What they signed", choices={"all": "Remove all of it", "since": "Remove what was written since a certain day"}
    )
    since = DateField("Since (UTC)", validators=[Optional()])
    blocks_domain = BooleanField("Block the domain of their e-mail address for new accounts")
    rejects_sign_ups = BooleanField("Reject the sign-ups that look like this account")

    def validate_scope(self, field: Field) -> None:
        """Require a day that has begun when one is asked for."""
        if field.data == "since" and self.since.data is None:
            raise ValidationError("Enter the day from which to remove posts and replies.")
        if field.data == "since" and self.since.data > now().date():
            raise ValidationError("Enter today or an earlier day.")

    def since_moment(self) -> datetime | None:
        """Return the beginning of the day since when texts are removed, or None for all."""
        if self.scope.data != "since" or self.since.data is None:
            return None
        return datetime.combine(self.since.data, time(), now().tzinfo)
