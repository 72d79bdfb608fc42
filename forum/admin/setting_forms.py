"""The settings as a form: one field each, by the type of its default, within bounds."""

from collections.abc import Mapping
from typing import NamedTuple

from wtforms import Field, FloatField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from forum.forms import EditForm, check_markdown
from forum.site import DEFAULTS, RENDERED_SETTINGS, Value


class SettingLabel(NamedTuple):
    """A setting's label and its bounds: of a number, or of the length of a text."""

    label: str
    minimum: float
    maximum: float


# The choices of a setting that is one of several words.
CHOICES = {
    "registration": {
        "open": "Open",
        "approval": "By approval",
        "invite": "By invitation",
        "closed": "Closed",
    },
}
LABELS = {
    "site_name": SettingLabel("Name of the site", 0, 30),
    "tagline": SettingLabel("Tagline", 0, 200),
    "read_only": SettingLabel("Read-only message", 0, 300),
    "registration": SettingLabel("Who can join", 0, 0),
    "registration_message": SettingLabel("Message about joining", 0, 500),
    "announcement": SettingLabel("Announcement", 0, 300),
    "rules_note": SettingLabel("Text above the rules", 0, 5000),
    "flag_threshold": SettingLabel("Weight of reports that hides", 1, 100),
    "first_posts_held": SettingLabel("First posts held for review", 0, 20),
    "links_of_new_members": SettingLabel("Links allowed to new members", 0, 50),
    "seconds_between_posts": SettingLabel("Seconds between posts or replies", 0, 3600),
    "posts_on_first_day": SettingLabel("Posts on the first day", 0, 100),
    "replies_on_first_day": SettingLabel("Replies on the first day", 0, 500),
    "settled_after_days": SettingLabel("Days as a new member", 0, 365),
    "settled_after_texts": SettingLabel("Posts and replies as a new member", 0, 500),
    "held_words": SettingLabel("Words that hold a post or reply", 0, 5000),
    "held_domains": SettingLabel("Domains that hold a post or reply", 0, 5000),
    "blocked_domains": SettingLabel("E-mail domains that can't join", 0, 20_000),
    "anonymous_percent_held": SettingLabel("Anonymous texts held at random, in percent", 0, 100),
    "notice_days": SettingLabel("Days to decide a notice", 1, 90),
}
ONE_LINE = ("announcement", "read_only", "site_name", "tagline")
# The log says that these changed, not to what: a public list of filtered words would be easy to avoid.
REDACTED_IN_LOG = (
    *("held_words", "held_domains", "blocked_domains"),
    *("announcement", "rules_note", "registration_message"),
)


def _field(name: str) -> Field:
    label, minimum, maximum = LABELS[name]
    default = DEFAULTS[name][0]
    if name in CHOICES:
        return SelectField(label, choices=CHOICES[name])
    if isinstance(default, str):
        kind = StringField if name in ONE_LINE else TextAreaField
        length = Length(max=int(maximum), message=f"Use at most {maximum:,.0f} characters.")
        return kind(label, validators=[length, check_markdown] if name in RENDERED_SETTINGS else [length])
    message = f"Enter a number from {minimum:g} to {maximum:g}."
    kind = FloatField if isinstance(default, float) else IntegerField
    return kind(label, validators=[InputRequired(message), NumberRange(minimum, maximum, message=message)])


class SettingsForm(EditForm):
    """Every setting that admins can change while the site runs."""

    def changes(self, current: Mapping[str, Value]) -> dict[str, Value]:
        """Return the submitted values that differ from the current settings."""
        values = {name: _normalized(value) for name, value in self.cleaned_data().items()}
        return {name: value for name, value in values.items() if value != current[name]}


for _name in LABELS:
    setattr(SettingsForm, _name, _field(_name))


def _normalized(value: Value) -> Value:
    return "\n".join(line.rstrip() for line in value.strip().splitlines()) if isinstance(value, str) else value
