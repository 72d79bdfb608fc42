"""Forms in which moderators decide cases and write notes to colleagues."""

from collections.abc import Mapping
from typing import Any

from flask_login import current_user
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from forum import text
from forum.db import db
from forum.forms import Form
from forum.moderation.decisions.actions import Grounds
from forum.moderation.decisions.forms import MAX_REASON, MIN_REASON, too_long
from forum.moderation.kinds import TAKES_TEXT
from forum.moderation.models import Item
from forum.moderation.queue.choices import (
    MAX_SUSPENSION,
    RULE_OPTIONAL,
    SUSPEND_OTHER,
    bulk_choices,
    choices_for,
    sanction_choices,
)
from forum.moderation.rules import RULE_CHOICES
from forum.moderation.standard_texts.models import ENGLISH, LANGUAGES
from forum.moderation.standard_texts.queries import all_standard_texts, languages_in_use, standard_texts
from forum.posts.actions import NO_VENDOR, PostSubject
from forum.posts.forms import BODY_LENGTH, REPLY_LENGTH, TITLE_LENGTH
from forum.posts.models import Comment, Post, Tag
from forum.posts.queries import post_by_id
from forum.posts.tags.queries import tag_slugs_of, tags_by_word
from forum.posts.thread_moves import branch_of, can_move
from forum.urls import KeyConverter, whole_number
from forum.vendors.queries import find_vendor_mention, vendor_by_name

MAX_NOTE = 1000


class NoteForm(Form):
    """A note to colleagues."""

    body = StringField("Note to colleagues")

    def validate_body(self, field: Field) -> None:
        """Check the length."""
        if not 1 <= text.visible_length(field.data or "") <= MAX_NOTE:
            raise ValidationError(f"Write between 1 and {MAX_NOTE:,} characters.")


class ReasonForm(Form):
    """The fields of every decision: a rule, the facts relied on, and the reason."""

    meta_fields: tuple[str, ...] = (
        "csrf_token",
        "action",
        "sanction",
        "days",
        "tags",
        "vendor",
        "into",
        "suggested_body",
        "language",
    )

    action = RadioField("Decision", validate_choice=False)
    rule = SelectField("Rule", choices={"": "No rule broken", **RULE_CHOICES}, validate_choice=False, default="")
    facts = TextAreaField("Facts relied on (for the author, not public)", default="The text itself.")
    reason = TextAreaField("Reason (public)")
    language = SelectField("Language of the standard text", choices=LANGUAGES, validate_choice=False, default=ENGLISH)

    def __init__(self, *, actions: Mapping[str, str], undisclosed: bool = False, **kwargs: Any) -> None:
        """Make the form with these choices; `undisclosed` when the thread's vendor must not be named."""
        super().__init__(**kwargs)
        self.action.choices = dict(actions)
        self.language.choices = languages_in_use()
        self.undisclosed = undisclosed

    def fill_in_standard_text(self) -> None:
        """Put the standard text into the reason, to be edited. What the moderator typed stays, above it."""
        typed = (self.reason.data or "").strip()
        standard = standard_texts(self.language.data or ENGLISH).get(self.standard_text_key())
        if standard is None:
            field = self.rule if self.action.data in self.action.choices else self.action
            field.errors = [
                "Choose the decision first, and the rule if it is against the author: each has its own text."
            ]
        elif not typed or typed in all_standard_texts():
            self.reason.data = standard
        elif standard not in typed:
            self.reason.data = f"{typed}\n\n{standard}"

    def standard_text_key(self) -> str:
        """Return the key of the standard text for the rule or, where none is broken, for the decision."""
        return str(self.rule.data or "") if self.rests_on_rule() else str(self.action.data or "")

    def rests_on_rule(self) -> bool:
        """Return whether the decision, or the sanction that comes with it, is against the author."""
        return self.action.data not in RULE_OPTIONAL or bool("sanction" in self and self["sanction"].data)

    def validate_action(self, field: Field) -> None:
        """Require one of the choices offered."""
        if field.data not in field.choices:
            raise ValidationError("Choose a decision.")

    def validate_rule(self, field: Field) -> None:
        """Require a rule for what is against the author, and none for anything else."""
        if self.action.data not in self.action.choices:
            return
        if self.rests_on_rule() and field.data not in RULE_CHOICES:
            raise ValidationError("Choose the rule that this decision is based on.")
        if not self.rests_on_rule() and field.data:
            raise ValidationError(
                "This decision is not against the author. Choose “No rule broken”, or another decision."
            )

    def validate_facts(self, field: Field) -> None:
        """Check the length."""
        length = len(field.data or "")
        if length > MAX_REASON:
            raise ValidationError(too_long(length, MAX_REASON))

    def validate_reason(self, field: Field) -> None:
        """Check the length, that it fits the decision, and that no undisclosed vendor is named."""
        length = len((field.data or "").strip())
        if text.visible_length(field.data or "") < MIN_REASON:
            raise ValidationError(f"Say why, and what the author can do next, in at least {MIN_REASON} characters.")
        if length > MAX_REASON:
            raise ValidationError(too_long(length, MAX_REASON))
        if self.rests_on_rule() and (field.data or "").strip() in all_standard_texts("decline", "approve"):
            raise ValidationError("This says that no rule is broken. Say which passage breaks the rule, and how.")
        if self.undisclosed and (vendor := find_vendor_mention(field.data)):
            raise ValidationError(f"This is public and names {vendor}, but the post does not disclose its vendor.")

    def grounds(self, choice: str | None = None) -> Grounds:
        """Return rule, facts and reason for the decision, or for another choice such as the sanction."""
        is_adverse = (choice or self.action.data) not in RULE_OPTIONAL
        return {
            "rule": int(self.rule.data) if is_adverse and self.rule.data in RULE_CHOICES else None,
            "facts": (self.facts.data or "").strip(),
            "reason": (self.reason.data or "").strip(),
        }


class DecisionForm(ReasonForm):
    """A decision on a text, its thread or a member, with a sanction on the author if wanted."""

    sanction = SelectField("Sanction on the author", validate_choice=False, default="")
    days = StringField("Days of suspension")
    tags = StringField("New tags")
    vendor = StringField("New vendor")
    into = StringField("Address of the other thread")
    moves_replies = BooleanField("Move its replies there as well")
    new_title = StringField("Title of the new thread")
    suggested_body = TextAreaField("Suggested wording")

    def __init__(self, item: Item | None, kind: str, **kwargs: Any) -> None:
        self.item, self.kind = item, kind
        post = item.post if isinstance(item, Comment) else item
        if kind == "representative":
            kwargs = {"facts": "The domain of the account's e-mail address.", **kwargs}
        super().__init__(
            actions=choices_for(item, kind),
            undisclosed=isinstance(post, Post) and post.category_id is not None,
            **kwargs,
        )
        self.sanction.choices = sanction_choices(item, current_user)
        self.new_tags: list[Tag] = []
        self.new_subject: PostSubject = NO_VENDOR
        self.target: Post | None = None

    def standard_text_key(self) -> str:
        """Return the key of the standard text; appeals and requests have their own."""
        key = super().standard_text_key()
        return f"{self.kind}-{key}" if self.kind in ("appeal", "representative") else key

    def validate_rule(self, field: Field) -> None:
        """Require a rule where the form asks for one: not for appeals and requests."""
        if self.kind not in ("appeal", "representative"):
            super().validate_rule(field)

    def validate_sanction(self, field: Field) -> None:
        """Require one of the sanctions offered."""
        if (field.data or "") not in field.choices:
            raise ValidationError("Choose one of the sanctions offered.")

    def validate_days(self, field: Field) -> None:
        """Require a number of days when the choice does not say one."""
        if SUSPEND_OTHER not in (self.action.data, self.sanction.data):
            return
        if not 1 <= (whole_number((field.data or "").strip(), MAX_SUSPENSION) or 0) <= MAX_SUSPENSION:
            raise ValidationError(f"Enter a number of days from 1 to {MAX_SUSPENSION:,}.")

    def suspension_days(self) -> int | None:
        """Return the number of days that was typed."""
        return whole_number((self.days.data or "").strip(), MAX_SUSPENSION)

    def validate_tags(self, field: Field) -> None:
        """Require existing tags when tags or vendor are changed."""
        if self.action.data != "move" or self.item is None:
            return
        words = (field.data or "").replace(",", " ").split() or tag_slugs_of([self.item.id]).get(self.item.id, [])
        tags = tags_by_word(words)
        unknown = [word for word in words if word not in tags]
        if unknown or not 1 <= len(words) <= 5:
            raise ValidationError(f"There is no tag “{unknown[0]}”." if unknown else "Give one to five tags.")
        self.new_tags = list({tag.id: tag for tag in tags.values()}.values())

    def validate_vendor(self, field: Field) -> None:
        """Require a vendor of the catalogue. Only the author can name an undisclosed one."""
        if self.action.data != "move" or not isinstance(self.item, Post):
            return
        post = self.item
        self.new_subject = PostSubject(post.vendor, post.programme, post.tier, post.category, post.vendor_description)
        if not (name := text.single_line(field.data or "")) or (post.vendor and post.vendor.name == name):
            return
        vendor = vendor_by_name(name)
        if post.category_id is not None:
            raise ValidationError("The vendor of this post is undisclosed. Only its author can name it.")
        if vendor is None:
            raise ValidationError("There is no vendor with this name in the catalogue.")
        self.new_subject = PostSubject(vendor)

    def validate_into(self, field: Field) -> None:
        """Require another thread that everyone can read; to move replies, one that is open."""
        is_split, typed = self.action.data == "split", (field.data or "").strip()
        if self.action.data not in ("merge", "split") or self.item is None or (is_split and not typed):
            return
        parts = [part for part in typed.split("/") if KeyConverter.number_in(part) is not None]
        post = db.session.scalar(post_by_id(KeyConverter.number_in(parts[0]) or 0)) if parts else None
        own_id = self.item.post_id if isinstance(self.item, Comment) else self.item.id
        if post is None or post.hidden_at or post.deleted_at or post.id == own_id or post.merged_into_id:
            raise ValidationError("Give the address of another thread that everyone can read.")
        if post.locked_at and (is_split or self.moves_replies.data):
            raise ValidationError("That thread is locked. Unlock it first, or choose another one.")
        self.target = post

    def validate_new_title(self, field: Field) -> None:
        """Require a title for a new thread when a reply is split off and no other thread is given."""
        if self.action.data != "split" or not isinstance(self.item, Comment):
            return
        if not can_move(branch_of(self.item)):
            raise ValidationError(
                "This reply has anonymous or official replies, which stay in their thread. Split a part without them."
            )
        length = text.visible_length(field.data or "")
        if not (self.into.data or "").strip() and not TITLE_LENGTH[0] <= length <= TITLE_LENGTH[1]:
            raise ValidationError(
                "Enter the address of the other thread, or a title for a new one, of "
                f"{TITLE_LENGTH[0]} to {TITLE_LENGTH[1]} characters."
            )

    def validate_suggested_body(self, field: Field) -> None:
        """Check the length against what the author can save."""
        length, limit = len(field.data or ""), (REPLY_LENGTH if isinstance(self.item, Comment) else BODY_LENGTH)[1]
        if length > limit:
            raise ValidationError(f"This is {length:,} characters long. Shorten it to {limit:,}.")

    def suggestion(self) -> str:
        """Return the suggested wording, or an empty string when it is the text as it is."""
        suggested = (self.suggested_body.data or "").strip()
        return "" if suggested == text.clean(getattr(self.item, "body", "")).strip() else suggested

    def options(self) -> dict[str, object]:
        """Return what the effect of the chosen action needs beyond the reason."""
        if self.action.data == "ask_to_edit":
            return {"suggested_body": self.suggestion()}
        if self.action.data == "move":
            return {"tags": self.new_tags, "subject": self.new_subject}
        if self.action.data == "merge":
            return {"into": self.target, "moves_replies": self.moves_replies.data}
        return {"into": self.target, "title": self.new_title.data or ""} if self.action.data == "split" else {}


class BulkForm(ReasonForm):
    """One decision on many cases."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(actions=bulk_choices(), **kwargs)


class MemberTextsForm(ReasonForm):
    """One decision on many texts of a member."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(actions=bulk_choices(TAKES_TEXT), **kwargs)
