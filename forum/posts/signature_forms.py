"""How a text is signed: by name or not, and for anonymous ones what they give away, when they appear, and the badge."""

from hashlib import sha256
from typing import Any

from flask_login import current_user
from wtforms import BooleanField, HiddenField, RadioField
from wtforms.validators import ValidationError

from forum import text
from forum.accounts.organisations import email_domain, organisation_of
from forum.accounts.sanctions import anonymous_bar_message
from forum.posts.anonymous.badges import MIN_ORGANISATIONS, badge_for
from forum.posts.anonymous.identifying_details import Finding, AuthorDetails, find_countries, find_identifying_details
from forum.posts.anonymous.queries import count_organisations_sharing
from forum.posts.submission_checks import submission_error
from forum.vendors.models import Tier, Vendor
from forum.vendors.queries import popular_vendor_names
from forum.forms import Form
from forum.submissions import form_age

DELAY_CHOICES = {
    "0": "Now",
    "6": "At a random time in the next 6 hours",
    "24": "At a random time in the next 24 hours",
    "72": "At a random time in the next 72 hours",
}
# The words on a page's button that say: publish the very text that was checked, whatever it gives away.
PUBLISH_ANYWAY = "publish anyway "


class SignedForm(Form):
    """Writing that is signed: by name, or under a pseudonym."""

    meta_fields = ("csrf_token", "identity", "delay", "badge", "replaces")
    findings: list[Finding] = []

    # The form's own random number; see forum/posts/models.py.
    submission = HiddenField()
    # The delayed text that was taken back into the form, and that this one stands for.
    replaces = HiddenField()
    identity = RadioField(
        "Reply as",
        choices={"name": "By name", "anonymous": "Anonymous"},
        validate_choice=False,
        default="name",
    )
    badge = BooleanField("Say what kind of company I work for, and where, if enough others share it")
    appear = RadioField("When it appears, if anonymous", choices=DELAY_CHOICES, default="0", validate_choice=False)

    def validate_identity(self, field: Any) -> None:
        """One of the two; without a name, unless that is barred."""
        if field.data not in ("name", "anonymous"):
            raise ValidationError("Choose how you appear.")
        if field.data == "anonymous" and (refusal := anonymous_bar_message(current_user)):
            raise ValidationError(refusal)

    def validate_delay(self, field: Any) -> None:
        """One of the four; a form without the question means now."""
        if (field.data or "0") not in DELAY_CHOICES:
            raise ValidationError("Choose when it appears.")

    def delay_hours(self) -> int:
        """Within how many hours it appears: 0 is now."""
        return int(self.delay.data or "0") if self.identity.data == "anonymous" else 0

    def cleaned_data(self) -> dict[str, Any]:
        """For an action: `anonymous` and `badged` as yes or no."""
        return super().cleaned_data() | self.signature_values()

    def signature_values(self) -> dict[str, Any]:
        """How it is signed, for an action."""
        return {
            "anonymous": self.identity.data == "anonymous",
            "badged": bool(self.badge.data),
            "submission": (self.submission.data or "")[:64],
        }

    def passages(self) -> list[str]:
        """What of it is read by others, for the check of what it gives away."""
        return [self["body"].data or ""]

    def disclosed_tiers(self) -> list[Tier]:
        """Tiers that readers learn its author holds."""
        return []

    def badge_preview(self) -> str:
        """What the badge would say today."""
        tiers = self.disclosed_tiers() if self.badge.data else []
        return badge_for(current_user, tiers[0] if tiers else None)

    def is_cleared_to_publish(self, do: str) -> bool:
        """Whether the button pressed publishes: one that warns of what was found, or one for the text just checked."""
        if self.identity.data != "anonymous":
            return do.startswith("publish")
        if do == PUBLISH_ANYWAY + self.text_digest():
            return True
        if do.startswith("publish"):
            self.findings = self._given_away()
            return not self.findings
        return False

    def passes_limits(self, *, is_post: bool) -> bool:
        """Whether it may be sent now; if not, the form says why. Asked last."""
        anonymous = self.identity.data == "anonymous"
        words = submission_error(
            current_user, body=self["body"].data or "", is_post=is_post, anonymous=anonymous, seconds_open=form_age()
        )
        self["body"].errors = [words] if words else []
        return words is None

    def text_digest(self) -> str:
        """What the button is bound to: a digest of the very text."""
        return sha256("\n".join(self.passages()).encode()).hexdigest()[:32]

    def _given_away(self) -> list[Finding]:
        writer = author_details(current_user)
        firms = popular_vendor_names(2000)
        found = [one for passage in self.passages() for one in find_identifying_details(passage, writer, firms)]
        tiers = self.disclosed_tiers()
        for passage in self.passages() if tiers else []:
            for country, one in find_countries(passage, writer):
                if any(count_organisations_sharing(current_user, country=country, tier_id=tier.id) < MIN_ORGANISATIONS for tier in tiers):
                    found.append(one)
        return found


def author_details(member: Any) -> AuthorDetails:
    """What the check of an anonymous text knows of its author."""
    domain = email_domain(member.email) if organisation_of(member).verified else ""
    return AuthorDetails(member.name, member.slug, member.company, domain, member.country)


def mentioned_tiers(vendor: Vendor | None, passages: list[str]) -> list[Tier]:
    """The vendor's tiers that the passages name as whole words."""
    words = f"-{text.fold(' '.join(passages))}-"
    tiers = [tier for programme in vendor.programmes for tier in programme.tiers] if vendor else []
    return [tier for tier in tiers if f"-{text.fold(tier.name)}-" in words]
