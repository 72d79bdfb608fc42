"""The settings as a form: one field each, by the kind of its default, within bounds."""

import json
from hashlib import sha256
from typing import Any

from wtforms import Field, FloatField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from forum.site import DEFAULTS
from forum.forms import Form

# What each is called, and the least and most it may be: of a number, or of a text's length.
LABELS: dict[str, tuple[str, float, float]] = {
    "announcement": ("Announcement", 0, 300),
    "rules_note": ("Words above the rules", 0, 5000),
    "flag_threshold": ("Weight of reports that hides", 1, 100),
    "first_posts_held": ("First posts that are held", 0, 20),
    "links_of_new_members": ("Links of new members", 0, 50),
    "seconds_between_posts": ("Seconds between two texts", 0, 3600),
    "posts_on_first_day": ("Posts on the first day", 0, 100),
    "replies_on_first_day": ("Replies on the first day", 0, 500),
    "settled_after_days": ("Settled after so many days", 0, 365),
    "settled_after_texts": ("Settled after so many texts", 0, 500),
    "held_words": ("Words that hold a text", 0, 5000),
    "held_domains": ("Domains that hold a text", 0, 5000),
    "notice_days": ("Days to decide a notice", 1, 90),
}
# Told in the log as changed, without what they say: a list that everybody reads catches nobody.
REDACTED_IN_LOG = ("held_words", "held_domains", "announcement", "rules_note")


def _field(name: str) -> Field:
    label, least, most = LABELS[name]
    default = DEFAULTS[name][0]
    if isinstance(default, str):
        kind = StringField if name == "announcement" else TextAreaField
        return kind(label, validators=[Length(max=int(most), message=f"Use at most {most:,.0f} characters.")])
    bounds = NumberRange(least, most, message=f"Write a number from {least:g} to {most:g}.")
    kind = FloatField if isinstance(default, float) else IntegerField
    return kind(label, validators=[InputRequired(f"Write a number from {least:g} to {most:g}."), bounds])


class SettingsForm(Form):
    """Every setting that admins may change while the site runs."""

    meta_fields = ("csrf_token", "seen")
    # What was in force when the form was made, as a digest: nobody undoes unknowingly what another one did meanwhile.
    seen = HiddenField()

    def overtaken(self, now_is: dict[str, Any]) -> bool:
        """Whether others changed something since; the next try then knows of it."""
        digest = sha256(json.dumps(now_is, sort_keys=True).encode()).hexdigest()[:20]
        before, self.seen.data = self.seen.data, digest
        return bool(before) and before != digest

    def changes(self, now_is: dict[str, Any]) -> dict[str, Any]:
        """What differs from what is in force."""
        typed = {name: _plain(value) for name, value in self.cleaned_data().items()}
        return {name: value for name, value in typed.items() if value != now_is[name]}


for _name in LABELS:
    setattr(SettingsForm, _name, _field(_name))


def _plain(value: Any) -> Any:
    return "\n".join(line.rstrip() for line in value.strip().splitlines()) if isinstance(value, str) else value
