"""The forms for posts and replies."""

from collections.abc import Callable
from typing import Any

from flask_login import current_user
from wtforms import Field, HiddenField, RadioField, SelectField, StringField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, ValidationError

from forum import text
from forum.access import can_post_about, can_rate, is_anonymous_writing_locked, is_representative, is_retired
from forum.accounts.lock_actions import lock_message
from forum.forms import EditForm, Form, MarkdownField, check_markdown
from forum.posts.actions import NO_VENDOR, PostSubject
from forum.posts.anonymous.badges import is_tier_shared
from forum.posts.models import LEANINGS, Post
from forum.posts.signature_forms import SignedForm, mentioned_tiers
from forum.posts.tags.forms import TagsField, check_tags
from forum.posts.tags.queries import tag_slugs_of
from forum.ratings.actions import live_ratings
from forum.ratings.forms import RatingFields
from forum.templating import count_of
from forum.vendors.forms import TierChoice
from forum.vendors.models import Tier, Vendor
from forum.vendors.queries import categories, find_vendor_mention, vendor_by_name

# The least and the greatest number of characters.
TITLE_LENGTH = (10, 140)
BODY_LENGTH = (40, 20_000)
REPLY_LENGTH = (2, 10_000)
# There is one official reply to a post: long enough to answer what it says.
OFFICIAL_LENGTH = (80, 10_000)
DESCRIPTION_LENGTH = (5, 80)
TEXT_ONLY = "text"
RETIRED = "{} is retired: it takes no new posts or ratings. What was written can still be read."


def _length(bounds: tuple[int, int], noun: str) -> Callable[[BaseForm, Field], None]:
    """Return a validator of the length, not counting white space around the text for the minimum."""

    def check(form: BaseForm, field: Field) -> None:
        (minimum, maximum), value = bounds, field.data or ""
        length = text.visible_length(value)
        if length == 0:
            raise ValidationError(f"Write {noun}.")
        if length < minimum:
            raise ValidationError(f"This is {count_of(length, 'character')} long. Use at least {minimum}.")
        if len(value) > maximum:
            raise ValidationError(
                f"This is {len(value):,} characters long. Shorten it to {maximum:,} characters. "
                "Your text is still here."
            )

    return check


class CommentForm(SignedForm):
    """A reply."""

    body = MarkdownField("Your reply", validators=[_length(REPLY_LENGTH, "your reply"), check_markdown])
    # The post, which may name a vendor: with a tier and a country a reply may reveal who its author is.
    post: Post | None = None

    def named_vendor(self) -> Vendor | None:
        """Return the vendor that the post names."""
        return self.post.vendor if self.post else None

    def disclosed_tiers(self) -> list[Tier]:
        """Return the tiers of the post's vendor that the reply mentions."""
        return mentioned_tiers(self.post.vendor_id if self.post else None, self.passages())


class CommentEditForm(EditForm):
    """A reply being edited."""

    body = MarkdownField("Your reply", validators=[_length(REPLY_LENGTH, "your reply"), check_markdown])


class OfficialEditForm(CommentEditForm):
    """A vendor's official reply being edited."""

    body = MarkdownField("Your reply", validators=[_length(OFFICIAL_LENGTH, "the official reply"), check_markdown])


class PostFields(Form):
    """The fields that a new post and a changed one have in common."""

    title = StringField("Title", validators=[_length(TITLE_LENGTH, "a title")])
    body = MarkdownField("Text", validators=[_length(BODY_LENGTH, "your text"), check_markdown])
    tags = TagsField("Tags", validators=[check_tags])
    leaning = RadioField(
        "Overall",
        choices={"good": "Good", "bad": "Bad", "mixed": "Mixed"},
        validators=[InputRequired("Choose good, bad or mixed.")],
        validate_choice=False,
    )
    vendor_naming = RadioField(
        "How the vendor appears",
        choices={"named": "Name the vendor", "undisclosed": "Keep it undisclosed", "none": "About no vendor"},
        default="none",
        validate_choice=False,
    )
    vendor = StringField("Vendor")
    tier = SelectField("Programme and tier you held", choices={"": "Not stated"}, validate_choice=False)
    category = SelectField("Category", choices={}, validate_choice=False)
    description = StringField("Described as")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.categories = {category.slug: category for category in categories()}
        self.category.choices = {"": "Choose one", **{slug: row.name for slug, row in self.categories.items()}}
        self.selected_vendor: Vendor | None = vendor_by_name(self.vendor.data) if self.vendor.data else None
        self.tiers = TierChoice(self.selected_vendor)
        self.tier.choices = self.tiers.choices

    def validate_leaning(self, field: Field) -> None:
        """Require one of the three."""
        if field.data not in LEANINGS:
            raise ValidationError("Choose good, bad or mixed.")

    def validate_vendor_naming(self, field: Field) -> None:
        """Require one of the three."""
        if field.data not in ("none", "named", "undisclosed"):
            raise ValidationError("Choose how the vendor appears.")

    def validate_vendor(self, field: Field) -> None:
        """If a vendor is named, require that it is in the catalogue and not represented by the author."""
        if self.vendor_naming.data != "named":
            return
        if not (field.data or "").strip():
            raise ValidationError("Enter the vendor's name, or choose another option above.")
        if self.selected_vendor is None:
            raise ValidationError(
                f"“{field.data.strip()[:60]}” is not in the catalogue. Check the spelling, or propose it below."
            )
        # A post may keep naming the vendor that was retired, or that its author came to represent.
        is_edit = isinstance(self, EditForm)
        is_unchanged = is_edit and vendor_by_name(field.object_data or "") is self.selected_vendor
        if not is_unchanged and is_retired(self.selected_vendor):
            raise ValidationError(f"{RETIRED.format(self.selected_vendor.name)} Choose another option above.")
        if not is_unchanged and not can_post_about(current_user, self.selected_vendor):
            name = self.selected_vendor.name
            raise ValidationError(
                f"You represent {name}, so you can't post about it. You can reply to posts by its partners."
            )

    def validate_tier(self, field: Field) -> None:
        """Require a programme or tier of that vendor."""
        vendor = self.selected_vendor if self.vendor_naming.data == "named" else None
        if vendor and field.data and not self.tiers.is_valid(field.data):
            raise ValidationError(f"This is not a tier of {vendor.name}. Choose again.")

    def validate_category(self, field: Field) -> None:
        """Require a category, when the vendor stays undisclosed."""
        if self.vendor_naming.data == "undisclosed" and field.data not in self.categories:
            raise ValidationError("Choose the category the vendor belongs to.")

    def validate_description(self, field: Field) -> None:
        """Require a description of an undisclosed vendor that names none."""
        if self.vendor_naming.data != "undisclosed":
            return
        _length(DESCRIPTION_LENGTH, "what readers should see, such as “a large hardware supplier”")(self, field)
        if vendor := find_vendor_mention(field.data):
            raise ValidationError(f"This names {vendor}. Describe the vendor so that no one can identify it.")

    def post_subject(self) -> PostSubject:
        """Return the vendor that the post is about."""
        if self.vendor_naming.data == "undisclosed":
            category = self.categories.get(self.category.data)
            return PostSubject(category=category, description=self.description.data) if category else NO_VENDOR
        if self.vendor_naming.data != "named" or self.selected_vendor is None:
            return NO_VENDOR
        programme, tier = self.tiers.resolve(self.tier.data)
        return PostSubject(vendor=self.selected_vendor, programme=programme, tier=tier)

    def post_values(self) -> dict[str, object]:
        """Return the arguments that write_post and edit_post share."""
        return {
            "title": self.title.data,
            "body": self.body.data,
            "leaning": self.leaning.data,
            "tags": self.tags.selected(),
            "subject": self.post_subject(),
        }


class PostForm(PostFields, RatingFields, SignedForm):
    """A new post, and the rating it may carry."""

    # "text" for a post without a rating; the form has no steps for one then.
    kind = HiddenField(default="")
    identity = RadioField(
        "How you appear", choices={"name": "By name", "anonymous": "Anonymous"}, validate_choice=False
    )

    def has_answers(self) -> bool:
        """Return whether the post comes with a rating."""
        return self.kind.data != TEXT_ONLY and super().has_answers()

    def is_rating_offered(self) -> bool:
        """Return whether the steps of a rating apply to what was chosen so far."""
        return self.vendor_naming.data != "none" or self.has_answers()

    def validate_worth(self, field: Field) -> None:
        """Require it in a rating, and a vendor that the author may rate and has not rated under the other name."""
        super().validate_worth(field)
        if not self.has_answers() or self.vendor_naming.errors or self.vendor.errors or self.description.errors:
            return
        if self.vendor_naming.data == "none":
            raise ValidationError("A rating needs a vendor: name or describe it above, or clear the rating.")
        message = rating_refusal(self.post_subject(), anonymous=self.identity.data == "anonymous")
        if message is not None:
            raise ValidationError(f"{message} Clear the rating to publish without it.")

    def cleaned_data(self) -> dict[str, Any]:
        """Return the arguments of write_post."""
        rating_answers = self.answers() if self.has_answers() else None
        return self.post_values() | self.signature_values() | {"rating_answers": rating_answers}

    def named_vendor(self) -> Vendor | None:
        """Return the vendor that the post names."""
        return self.post_subject().vendor

    def passages(self) -> list[str]:
        """Return title, text and tags, and the description of an undisclosed vendor."""
        description = self.description.data if self.vendor_naming.data == "undisclosed" else ""
        tags = [tag.slug.replace("-", " ") for tag in self.tags.selected()]
        return [self.title.data or "", self.body.data or "", description or "", *tags]

    def disclosed_tiers(self) -> list[Tier]:
        """Return the tier that is shown, and those of the vendor that the text mentions."""
        selected = self.shown_tier()
        vendor = self.post_subject().vendor
        mentioned = mentioned_tiers(vendor.id if vendor else None, self.passages())
        return [selected, *(tier for tier in mentioned if tier is not selected)] if selected else mentioned

    def shown_tier(self) -> Tier | None:
        """Return the tier selected, if an anonymous post may show it."""
        tier = self.post_subject().tier
        return tier if tier is not None and is_tier_shared(tier) else None


class PostRatingForm(RatingFields):
    """The rating of a post that was published without one."""

    def has_answers(self) -> bool:
        """Return True: the verdict is required."""
        return True


def rating_refusal(subject: PostSubject, *, anonymous: bool) -> str | None:
    """Return why the reader's post about the subject can't carry a rating, or None."""
    vendor = subject.vendor
    if vendor is not None and is_retired(vendor):
        return RETIRED.format(vendor.name)
    if is_representative(current_user):
        return "You represent a vendor, so you can't rate vendors."
    if is_anonymous_writing_locked(current_user):
        return f"{lock_message(current_user)} Until then you can't rate."
    if vendor is not None and not can_rate(current_user, vendor):
        return f"Your e-mail address belongs to {vendor.name}, and only its partners can rate it."
    live = live_ratings(current_user, vendor, subject.programme, subject.category, subject.description)
    earlier = next((rating for rating in live if rating.anonymous or anonymous), None)
    if earlier is None:
        return None
    how = "anonymously" if earlier.anonymous else "by name"
    return (
        f"You have already rated this {how}. A post with that rating would reveal that both are yours. "
        "Withdraw the earlier rating in your settings first."
    )


class PostEditForm(PostFields, EditForm):
    """A post being edited. It stays signed or anonymous as it was."""

    def cleaned_data(self) -> dict[str, Any]:
        """Return the arguments of edit_post."""
        return self.post_values()


def form_values(post: Post) -> dict[str, object]:
    """Return the values that fill the form of an existing post."""
    return {
        "title": post.title,
        "body": post.body,
        "tags": ", ".join(tag_slugs_of([post.id]).get(post.id, [])),
        "leaning": post.leaning,
        "vendor_naming": "named" if post.vendor_id else "undisclosed" if post.category_id else "none",
        "vendor": post.vendor.name if post.vendor else "",
        "tier": TierChoice.value_of(post),
        "category": post.category.slug if post.category else "",
        "description": post.vendor_description or "",
    }
