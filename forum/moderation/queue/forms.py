"""What members type when they report or appeal, and what moderators type when they decide."""

from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.db import db
from forum.moderation.kinds import HARMLESS, ON_TEXT, RULE_CHOICES, SANCTIONS, REQUEST_REASONS, actions_for
from forum.moderation.rules import FOLLOWS_THE_RULES, NO_RULE_BROKEN, RULES
from forum.posts.actions import NO_VENDOR, PostSubject
from forum.posts.forms import BODY_LENGTH, REPLY_LENGTH
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tags_by_word, tag_slugs_of
from forum.vendors.queries import vendor_by_name, find_vendor_mention
from forum.forms import Form
from forum.urls import KeyConverter

LONG_ENOUGH = 20


class FlagForm(Form):
    """A report: which rule, and a line in one's own words."""

    rule = RadioField("Which rule does it break?", choices=RULE_CHOICES, validate_choice=False)
    message = StringField("In your words, for the moderators")

    def validate_rule(self, field: Any) -> None:
        """One of the published rules."""
        if field.data not in RULE_CHOICES:
            raise ValidationError("Choose the rule. If none fits, answer it in a reply: being wrong breaks no rule.")

    def validate_message(self, field: Any) -> None:
        """Short."""
        if len(field.data or "") > 500:
            raise ValidationError(f"This is {len(field.data)} characters long. Shorten it to 500; nothing was lost.")

    def cleaned_data(self) -> dict[str, Any]:
        """For an action."""
        return {"rule": int(self.rule.data), "message": text.single_line(self.message.data or "")}


class NoteForm(Form):
    """A word to colleagues."""

    body = StringField("Note to colleagues")

    def validate_body(self, field: Any) -> None:
        """Something, and not too long."""
        if not 1 <= len((field.data or "").strip()) <= 1000:
            raise ValidationError("Write between 1 and 1,000 characters.")


class AppealForm(Form):
    """Why a decision is wrong."""

    body = TextAreaField("Why is the decision wrong?")

    def validate_body(self, field: Any) -> None:
        """Enough to be answered."""
        length = len((field.data or "").strip())
        if length < LONG_ENOUGH:
            raise ValidationError(f"This is {length} characters long. Use at least {LONG_ENOUGH}.")
        if length > 5000:
            raise ValidationError(f"This is {length:,} characters long. Shorten it to 5,000; nothing was lost.")


class ReasonForm(Form):
    """What every decision says: a rule, the facts relied on, and why."""

    meta_fields: tuple[str, ...] = ("csrf_token", "action", "sanction", "tags", "vendor", "into", "proposed")

    action = RadioField("Decision", validate_choice=False)
    rule = SelectField("Rule", choices={"": "None is broken", **RULE_CHOICES}, validate_choice=False, default="")
    facts = TextAreaField("Facts relied on, for the author", default="The text itself.")
    reason = TextAreaField("Reason, public")

    def __init__(self, *, actions: dict[str, str], undisclosed: bool = False, **given: Any) -> None:
        """`undisclosed`: what is decided on belongs to a thread whose vendor nobody names."""
        super().__init__(**given)
        self.action.choices = actions
        self.undisclosed = undisclosed

    def usual_reason(self) -> str:
        """What a moderator usually says with this rule or decision, to be edited."""
        if self.rule.data in RULE_CHOICES:
            return RULES[int(self.rule.data)].said
        return FOLLOWS_THE_RULES if self.action.data == "approve" else NO_RULE_BROKEN

    def validate_action(self, field: Any) -> None:
        """One of those offered."""
        if field.data not in field.choices:
            raise ValidationError("Choose what is to be done.")

    def validate_rule(self, field: Any) -> None:
        """What is against the author needs a rule."""
        sanction = self["sanction"].data if "sanction" in self else ""
        if field.data not in RULE_CHOICES and (self.action.data not in HARMLESS or sanction):
            raise ValidationError("Choose the rule that this rests on.")

    def validate_facts(self, field: Any) -> None:
        """Not endless."""
        if len(field.data or "") > 2000:
            raise ValidationError(
                f"This is {len(field.data):,} characters long. Shorten it to 2,000; nothing was lost."
            )

    def validate_reason(self, field: Any) -> None:
        """Enough to be understood, and no vendor that was kept undisclosed."""
        length = len((field.data or "").strip())
        if length < LONG_ENOUGH:
            raise ValidationError(f"Say why, and what the author can do next, in at least {LONG_ENOUGH} characters.")
        if length > 2000:
            raise ValidationError(f"This is {length:,} characters long. Shorten it to 2,000; nothing was lost.")
        if self.undisclosed and (named := find_vendor_mention(field.data)):
            raise ValidationError(f"This is public and names {named}, under a text whose vendor is undisclosed.")

    def said(self) -> dict[str, Any]:
        """Rule, facts and reason, for an action."""
        rule = int(self.rule.data) if self.rule.data in RULE_CHOICES else None
        return {"rule": rule, "facts": (self.facts.data or "").strip(), "reason": (self.reason.data or "").strip()}


class DecisionForm(ReasonForm):
    """A decision on a text, its thread or a member, perhaps with a sanction on its author."""

    sanction = SelectField("Sanction on the author", validate_choice=False, default="")
    tags = StringField("Tags, when they are to change")
    vendor = StringField("Vendor, when it is to change")
    into = StringField("Address of the thread it goes on in")
    proposed = TextAreaField("A wording you propose")

    def __init__(self, item: Any, kind: str, **given: Any) -> None:
        self.item, self.kind = item, kind
        post = item.post if isinstance(item, Comment) else item
        if kind == "representative":
            given = {"facts": "The domain of the account's address.", **given}
        super().__init__(
            actions=actions_for(item, kind),
            undisclosed=isinstance(post, Post) and post.category_id is not None,
            **given,
        )
        text_of = isinstance(item, Post | Comment)
        signed = "anonymous" if text_of and item.pseudonym_id is not None else "named"
        self.sanction.choices = SANCTIONS[signed] if text_of else {"": "None"}
        self.new_tags: list[Any] = []
        self.new_about: PostSubject = NO_VENDOR
        self.target: Post | None = None

    def usual_reason(self) -> str:
        """Of a request, what is usually said to it."""
        if self.kind == "representative":
            return REQUEST_REASONS.get(self.action.data, REQUEST_REASONS["decline"])
        return super().usual_reason()

    def validate_sanction(self, field: Any) -> None:
        """One of those offered."""
        if (field.data or "") not in field.choices:
            raise ValidationError("Choose one of the sanctions offered.")

    def validate_tags(self, field: Any) -> None:
        """Known tags, when the thread is to be moved."""
        if self.action.data != "move":
            return
        names = (field.data or "").replace(",", " ").split() or tag_slugs_of([self.item.id]).get(self.item.id, [])
        found = tags_by_word(names)
        unknown = [name for name in names if name not in found]
        if unknown or not 1 <= len(names) <= 5:
            raise ValidationError(f"No tag is called {unknown[0]}." if unknown else "Give one to five tags.")
        self.new_tags = list({tag.id: tag for tag in found.values()}.values())

    def validate_vendor(self, field: Any) -> None:
        """A catalogued vendor. Nobody but the author names one that is undisclosed."""
        if self.action.data != "move":
            return
        post = self.item
        self.new_about = PostSubject(post.vendor, post.programme, post.tier, post.category, post.vendor_description)
        if not (name := text.single_line(field.data or "")) or (post.vendor and post.vendor.name == name):
            return
        vendor = vendor_by_name(name)
        if post.category_id is not None:
            raise ValidationError("The vendor of this text is undisclosed. Only its author may name it.")
        if vendor is None:
            raise ValidationError("No vendor in the catalogue is called that.")
        self.new_about = PostSubject(vendor)

    def validate_into(self, field: Any) -> None:
        """Another thread that everybody sees."""
        if self.action.data != "merge":
            return
        parts = [part for part in (field.data or "").split("/") if KeyConverter.number_in(part) is not None]
        post = db.session.scalar(post_by_id(KeyConverter.number_in(parts[0]) or 0)) if parts else None
        if post is None or post.hidden_at or post.deleted_at or post.id == self.item.id or post.merged_into_id:
            raise ValidationError("Give the address of another thread that everybody can read.")
        self.target = post

    def validate_proposed(self, field: Any) -> None:
        """No longer than its author may send it back."""
        most = REPLY_LENGTH[1] if isinstance(self.item, Comment) else BODY_LENGTH[1]
        if len(field.data or "") > most:
            raise ValidationError(f"This is {len(field.data):,} characters long. Shorten it to {most:,}.")

    def proposal(self) -> str:
        """The wording proposed, if it differs from what stands there."""
        typed = (self.proposed.data or "").strip()
        return "" if typed == text.clean(getattr(self.item, "body", "")).strip() else typed

    def given(self) -> dict[str, Any]:
        """What the chosen action needs beyond its reason."""
        if self.action.data == "ask_to_edit":
            return {"proposed": self.proposal()}
        if self.action.data == "move":
            return {"tags": self.new_tags, "about": self.new_about}
        return {"into": self.target} if self.action.data == "merge" else {}


class BulkForm(ReasonForm):
    """One decision on many."""

    def __init__(self, only: tuple[str, ...] = (), **given: Any) -> None:
        """`only` leaves these actions."""
        offered = {"approve": "Approve what is held", **ON_TEXT}
        super().__init__(actions={name: offered[name] for name in only or offered}, **given)


class UndoForm(Form):
    """Why a decision is undone."""

    reason: Any = TextAreaField("Why it is undone, public")

    def validate_reason(self, field: Any) -> None:
        """Enough to be understood."""
        if not LONG_ENOUGH <= len((field.data or "").strip()) <= 2000:
            raise ValidationError(f"Say why, in {LONG_ENOUGH} to 2,000 characters.")


class EndForm(UndoForm):
    """Why somebody does not speak for a vendor any more."""

    reason = TextAreaField("Why it ends, public")
