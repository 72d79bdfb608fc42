"""How a text is signed: by name or anonymously, and then the identifying details, the delay and the badge."""

from hashlib import sha256
from typing import Any

from wtforms import BooleanField, Field, HiddenField, RadioField
from wtforms.validators import ValidationError

from forum import text
from forum.access import can_write_anonymously_about, is_representative
from forum.accounts.models import Member
from forum.accounts.organisations import organisation_of
from forum.accounts.sanctions import anonymous_bar_message
from forum.forms import CHOOSE_IDENTITY, Form, SubmissionField
from forum.posts.anonymous.badges import MIN_ORGANISATIONS, badge_for
from forum.posts.anonymous.identifying_details import (
    NAME_OF_SOMEONE,
    AuthorDetails,
    Finding,
    country_findings,
    find_identifying_details,
)
from forum.posts.anonymous.queries import count_organisations_sharing
from forum.posts.scheduled_actions import scheduled_by_form
from forum.posts.submission_checks import is_other_text, submission_error
from forum.submissions import form_age
from forum.templating import current_reader
from forum.vendors.models import Tier, Vendor
from forum.vendors.queries import popular_vendor_names, tiers_of
from forum.vendors.representative_queries import represented_category_id

DELAY_CHOICES = {
    "0": "Now",
    "30": "At 4:00 UTC, on the next night that is at least 6 hours away",
    "72": "At 4:00 UTC, on a random night 6 to 72 hours from now",
}
# The value of the button that publishes what was found to identify begins so; a digest of the checked text follows.
PUBLISH_ANYWAY = "publish anyway "
# A name of one of so many vendors, those with the most posts, is no person's name.
MAX_VENDOR_NAMES = 2000


class SignedForm(Form):
    """A text that is signed by name or written under a pseudonym."""

    meta_fields = ("csrf_token", "identity", "delay", "badge", "replaces", "draft")
    findings: list[Finding] = []

    # A random number of this form; see forum/posts/models.py.
    submission = SubmissionField()
    # The scheduled text that was opened in this form, and that this one replaces.
    replaces = HiddenField()
    # The draft on the server that was opened in this form; it is deleted when this is published.
    draft = HiddenField()
    identity = RadioField(
        "Reply as",
        choices={"name": "By name", "anonymous": "Anonymous"},
        validate_choice=False,
    )
    badge = BooleanField("Show my type of company and region, if enough other companies match")
    delay = RadioField("When it appears, if anonymous", choices=DELAY_CHOICES, default="0", validate_choice=False)

    def validate_identity(self, field: Field) -> None:
        """Require one of the two; anonymous only if that is not barred."""
        if field.data not in ("name", "anonymous"):
            raise ValidationError(CHOOSE_IDENTITY)
        if field.data == "anonymous" and (message := anonymous_bar_message(current_reader())):
            raise ValidationError(message)
        reader = current_reader()
        vendor = self.named_vendor() if field.data == "anonymous" and is_representative(reader) else None
        if message := competitor_message(reader, vendor):
            raise ValidationError(message)

    def validate_delay(self, field: Field) -> None:
        """Require one of the choices. If the form has no such field, publish at once."""
        if (field.data or "0") not in DELAY_CHOICES:
            raise ValidationError("Choose when it appears.")

    def delay_hours(self) -> int:
        """Return within how many hours the text appears; 0 is now."""
        return int(self.delay.data or "0") if self.identity.data == "anonymous" else 0

    def cleaned_data(self) -> dict[str, Any]:
        """Return the form's values for write_post or write_comment."""
        return super().cleaned_data() | self.signature_values()

    def signature_values(self) -> dict[str, object]:
        """Return the arguments of write_post and write_comment that say how the text is signed."""
        return {
            "anonymous": self.identity.data == "anonymous",
            "badged": bool(self.badge.data),
            "submission": self.submission.data,
        }

    def named_vendor(self) -> Vendor | None:
        """Return the vendor that the text, or the post above it, names."""
        return None

    def passages(self) -> list[str]:
        """Return the parts that others will read, to look for identifying details."""
        return [self["body"].data or ""]

    def disclosed_tiers(self) -> list[Tier]:
        """Return the tiers that readers learn the author holds."""
        return []

    def shown_tier(self) -> Tier | None:
        """Return the tier that the author states and that would be shown under an anonymous text."""
        return None

    def badge_preview(self) -> str:
        """Return what the badge would show today."""
        return badge_for(current_reader(), self.shown_tier())

    def is_cleared_to_publish(self, intent: str) -> bool:
        """Return whether the pressed button publishes. An anonymous text must have no findings that were not shown."""
        if self.identity.data != "anonymous":
            return intent.startswith("publish")
        if intent == PUBLISH_ANYWAY + self.text_digest():
            return True
        return intent.startswith("publish") and not self.check_identifying_details()

    def check_identifying_details(self) -> list[Finding]:
        """Return what may identify the author in the passages that others will read, and keep it for the page."""
        self.findings = self._find_identifying_details()
        return self.findings

    def passes_limits(self, *, is_post: bool) -> bool:
        """Return whether the text may be sent now, or add an error. Call it last: an attempt counts.

        A text that the same form has scheduled before may: it is not scheduled again.
        """
        first = scheduled_by_form(current_reader(), self.submission.data) if self.delay_hours() else None
        if first is not None:
            return not is_other_text(self, body=first.body, title=first.title if is_post else None)
        error = submission_error(
            current_reader(),
            body=self["body"].data or "",
            is_post=is_post,
            anonymous=self.identity.data == "anonymous",
            form_age=form_age,
        )
        self["body"].errors = [error] if error else []
        return error is None

    def text_digest(self) -> str:
        """Return a digest of what was checked, which ties a button to it."""
        return sha256("\n".join([*self.passages(), f"badge {bool(self.badge.data)}"]).encode()).hexdigest()[:32]

    def _find_identifying_details(self) -> list[Finding]:
        member = current_reader()
        author = author_details(member)
        badge = self.badge_preview() if self.badge.data else ""
        passages = [*self.passages(), badge]
        findings = _findings_in(passages, author)
        stated = {"business_type": member.business_type, "region": member.region} if badge else {}
        tier_ids: list[int | None] = [tier.id for tier in self.disclosed_tiers()]
        for passage in passages if stated or tier_ids else []:
            for country, finding in country_findings(passage, author):
                counts = [
                    count_organisations_sharing(member, country=country, tier_id=tier_id, **stated)
                    for tier_id in tier_ids or [None]
                ]
                findings += [finding] if min(counts) < MIN_ORGANISATIONS else []
        return findings


def author_details(member: Member) -> AuthorDetails:
    """Return what would identify the member in an anonymous text."""
    organisation = organisation_of(member)
    domain = organisation.name if organisation.verified else ""
    return AuthorDetails(member.name, member.slug, member.company, domain, member.country)


def _findings_in(passages: list[str], author: AuthorDetails) -> list[Finding]:
    """Return the findings in the passages. Vendors' names are only loaded if a finding could be a person's name."""
    findings = [finding for passage in passages for finding in find_identifying_details(passage, author)]
    if not any(finding.kind == NAME_OF_SOMEONE for finding in findings):
        return findings
    vendors = popular_vendor_names(MAX_VENDOR_NAMES)
    return [finding for passage in passages for finding in find_identifying_details(passage, author, vendors)]


def competitor_message(member: Member, vendor: Vendor | None) -> str | None:
    """Return why a representative can't write anonymously about this vendor, or None."""
    if vendor is None or can_write_anonymously_about(member, vendor, represented_category_id(member)):
        return None
    return f"You represent a vendor that competes with {vendor.name}, so you can write about it by name only."


def mentioned_tiers(vendor_id: int | None, passages: list[str]) -> list[Tier]:
    """Return the vendor's tiers that the passages name as whole words."""
    words = text.fold_passage(" ".join(passages))
    tiers = tiers_of(vendor_id) if vendor_id is not None else []
    return [tier for tier in tiers if f"-{text.fold(tier.name)}-" in words]
