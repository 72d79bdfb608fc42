"""What people type when they write, and what is wrong with it."""

from typing import Any

from flask_login import current_user
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from forum import text
from forum.access import can_post_about, can_rate, is_representative
from forum.posts.actions import NO_VENDOR, PostSubject
from forum.posts.models import Post, Tag
from forum.posts.signature_forms import SignedForm, mentioned_tiers
from forum.posts.tags.queries import similar_tags, tags_by_word, tag_slugs_of
from forum.ratings.actions import live_ratings
from forum.ratings.forms import RatingFields
from forum.vendors.forms import TierChoice
from forum.vendors.models import Tier, Vendor
from forum.vendors.queries import categories, find_vendor_mention, vendor_by_name
from forum.forms import Form
from forum.templating import count_of

TITLE_LENGTH = (10, 140)
BODY_LENGTH = (40, 20_000)
REPLY_LENGTH = (2, 10_000)
DESCRIPTION_LENGTH = (5, 80)
MAX_TAGS = 5


def _length(bounds: tuple[int, int], what: str) -> Any:
    """Between so many characters; the message says how many there are. Space around makes no text long enough."""

    def check(form: Any, field: Any) -> None:
        (least, most), typed = bounds, field.data or ""
        length = len(typed.strip())
        if length == 0:
            raise ValidationError(f"Write {what}.")
        if length < least:
            raise ValidationError(f"This is {count_of(length, 'character')} long. Use at least {least}.")
        if len(typed) > most:
            raise ValidationError(f"This is {len(typed):,} characters long. Shorten it to {most:,}; nothing was lost.")

    return check


class CommentForm(SignedForm):
    """A reply."""

    body = TextAreaField("Your reply", validators=[_length(REPLY_LENGTH, "your reply")])
    # The post's, when it names one: with a tier and a country a reply may tell who its author is.
    vendor: Vendor | None = None

    def disclosed_tiers(self) -> list[Tier]:
        """Tiers of the post's vendor that the reply names."""
        return mentioned_tiers(self.vendor, self.passages())


class CommentEditForm(Form):
    """A reply, changed."""

    body = TextAreaField("Your reply", validators=[_length(REPLY_LENGTH, "your reply")])


class PostFields(Form):
    """Title, text, tags, leaning and vendor: what a new post and a changed one have in common."""

    title = StringField("Title", validators=[_length(TITLE_LENGTH, "a title")])
    body = TextAreaField("Text", validators=[_length(BODY_LENGTH, "your text")])
    tags = StringField("Tags")
    leaning = RadioField(
        "Your experience is",
        choices={"good": "Good", "bad": "Bad", "mixed": "Mixed"},
        validators=[InputRequired("Choose good, bad or mixed.")],
        validate_choice=False,
    )
    vendor_naming = RadioField(
        "How the vendor appears",
        choices={"none": "About no vendor", "named": "Name the vendor", "undisclosed": "Keep it undisclosed"},
        default="none",
        validate_choice=False,
    )
    vendor = StringField("Vendor")
    tier = SelectField("Programme and tier you held", choices={"": "Not stated"}, validate_choice=False)
    category = SelectField("Category", choices={}, validate_choice=False)
    description = StringField("Described as")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.selected_tags: list[Tag] = []
        self.categories = {category.slug: category for category in categories()}
        self.category.choices = {"": "Choose one", **{slug: known.name for slug, known in self.categories.items()}}
        self.selected_vendor: Vendor | None = vendor_by_name(self.vendor.data) if self.vendor.data else None
        self.tiers = TierChoice(self.selected_vendor)
        self.tier.choices = self.tiers.choices

    def validate_leaning(self, field: Any) -> None:
        """One of the three."""
        if field.data not in ("good", "bad", "mixed"):
            raise ValidationError("Choose good, bad or mixed.")

    def validate_tags(self, field: Any) -> None:
        """One to five tags that exist, by name or synonym."""
        words = [text.fold(word) for word in (field.data or "").replace("#", ",").replace(" ", ",").split(",")]
        words = list(dict.fromkeys(word for word in words if word))
        if not words:
            raise ValidationError("Choose one to five tags, so that others find this.")
        if len(words) > 40:
            raise ValidationError(f"Use at most {MAX_TAGS} tags.")
        known = tags_by_word(words)
        for word in words:
            if word not in known:
                near = " or ".join(similar_tags(word))
                raise ValidationError(
                    f"There is no tag “{word[:50]}”. "
                    + (f"Did you mean {near}?" if near else "The list below has them all.")
                )
            if known[word].retired_at and known[word].slug not in (field.object_data or "").split(", "):
                raise ValidationError(f"The tag “{word[:50]}” is not offered any more. Choose another one.")
        found = {tag.id: tag for tag in (known[word] for word in words)}
        if len(found) > MAX_TAGS:
            raise ValidationError(f"These are {len(found)} tags. Keep the {MAX_TAGS} that fit best.")
        self.selected_tags = list(found.values())

    def validate_vendor_naming(self, field: Any) -> None:
        """One of the three."""
        if field.data not in ("none", "named", "undisclosed"):
            raise ValidationError("Choose how the vendor appears.")

    def validate_vendor(self, field: Any) -> None:
        """A vendor of the catalogue, when one is named."""
        if self.vendor_naming.data != "named":
            return
        if not (field.data or "").strip():
            raise ValidationError("Write the vendor's name, or choose another way above.")
        if self.selected_vendor is None:
            raise ValidationError(
                f"“{field.data.strip()[:60]}” is not in the catalogue. Check it, or propose it below."
            )
        # What somebody wrote before they spoke for the vendor may go on naming it.
        stays = vendor_by_name(field.object_data or "") is self.selected_vendor
        if not stays and not can_post_about(current_user, self.selected_vendor):
            raise ValidationError(
                f"You speak for {self.selected_vendor.name}: its partners tell of it here, and you answer them."
            )

    def validate_tier(self, field: Any) -> None:
        """A programme or tier of that vendor."""
        if self.vendor_naming.data == "named" and self.selected_vendor and field.data and not self.tiers.is_valid(field.data):
            raise ValidationError(f"This is not a tier of {self.selected_vendor.name}. Choose again.")

    def validate_category(self, field: Any) -> None:
        """A category, when the vendor stays undisclosed."""
        if self.vendor_naming.data == "undisclosed" and field.data not in self.categories:
            raise ValidationError("Choose the category the vendor belongs to.")

    def validate_description(self, field: Any) -> None:
        """Words that tell the kind of vendor, and not which."""
        if self.vendor_naming.data != "undisclosed":
            return
        _length(DESCRIPTION_LENGTH, "what readers should see, such as “a large hardware supplier”")(self, field)
        if named := find_vendor_mention(field.data):
            raise ValidationError(f"This names {named}. Describe the vendor so that nobody can tell.")

    def post_subject(self) -> PostSubject:
        """The vendor as chosen, for an action."""
        if self.vendor_naming.data == "undisclosed":
            return PostSubject(category=self.categories[self.category.data], description=self.description.data)
        if self.vendor_naming.data != "named" or self.selected_vendor is None:
            return NO_VENDOR
        programme, tier = self.tiers.resolve(self.tier.data)
        return PostSubject(vendor=self.selected_vendor, programme=programme, tier=tier)

    def post_values(self) -> dict[str, Any]:
        """The fields that write_post and edit_post share."""
        return {
            "title": self.title.data,
            "body": self.body.data,
            "leaning": self.leaning.data,
            "tags": self.selected_tags,
            "subject": self.post_subject(),
        }


class PostForm(PostFields, RatingFields, SignedForm):
    """A new post, and the rating it may carry."""

    identity = RadioField(
        "How you appear",
        choices={"name": "By name", "anonymous": "Anonymous"},
        validate_choice=False,
        default="name",
    )

    def validate_worth(self, field: Any) -> None:
        """Needed in a rating; and what the rating is of must be told, and not be one's own house or rated already."""
        super().validate_worth(field)
        if not self.has_answers() or self.vendor_naming.errors or self.vendor.errors or self.description.errors:
            return
        if self.vendor_naming.data == "none":
            raise ValidationError("A rating needs a vendor: name it or describe it, or empty the steps of the rating.")
        if is_representative(current_user):
            raise ValidationError("You speak for a vendor, so you rate none. Empty the steps of the rating.")
        subject, anonymous = self.post_subject(), self.identity.data == "anonymous"
        if subject.vendor is not None and not can_rate(current_user, subject.vendor):
            raise ValidationError(
                f"Your address belongs to {subject.vendor.name}: its partners rate it. Empty this step."
            )
        live = live_ratings(current_user, subject.vendor, subject.programme, subject.category, subject.description)
        known = next((rating for rating in live if rating.anonymous or anonymous), None)
        if known is None:
            return
        how = "anonymously" if known.anonymous else "by name"
        raise ValidationError(
            f"You have rated this {how} already. If this text carried that rating, it would tell that both are yours. "
            "Publish without it, or withdraw the earlier one in your settings."
        )

    def cleaned_data(self) -> dict[str, Any]:
        """For write_post."""
        return self.post_values() | self.signature_values() | {"rating_values": self.answers() if self.has_answers() else None}

    def passages(self) -> list[str]:
        """Title and text, and how an undisclosed vendor is described."""
        described = self.description.data if self.vendor_naming.data == "undisclosed" else ""
        return [self.title.data or "", self.body.data or "", described or ""]

    def disclosed_tiers(self) -> list[Tier]:
        """The tier chosen, or those of the vendor that the text names."""
        subject = self.post_subject()
        return [subject.tier] if subject.tier else mentioned_tiers(subject.vendor, self.passages())


class PostEditForm(PostFields):
    """A post, changed. Named or anonymous stays as it was."""

    def cleaned_data(self) -> dict[str, Any]:
        """For edit_post."""
        return self.post_values()


def form_values(post: Post) -> dict[str, Any]:
    """A post's fields as its form shows them."""
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
