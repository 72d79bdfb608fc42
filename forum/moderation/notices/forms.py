"""What somebody outside types to give notice of a text, and what its author types to answer."""

from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request
from wtforms import BooleanField, EmailField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.access import can_send_notice
from forum.accounts.forms import EMAIL_VALIDATORS
from forum.db import db
from forum.posts.comment_queries import comment_by_id
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.vendors.queries import find_vendor_mention
from forum.forms import Form
from forum.urls import KeyConverter

COMPLAINT_LENGTH = (40, 10_000)
ANSWER_LENGTH = (20, 5_000)


def item_at_url(address: str) -> Any:
    """The experience or reply at an address of this site, if everybody can read it.

    A rating has no address of its own: it stands on the experience that carries it, and so does a notice about it.
    """
    try:
        parts = urlsplit(address.strip())
        own = {urlsplit(current_app.config["SITE_URL"]).netloc, request.host}
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or (parts.netloc and parts.netloc.lower() not in own):
        return None
    steps = [step for step in parts.path.split("/") if step]
    places = dict(pairwise(steps))
    reply = parts.fragment.removeprefix("r-") if parts.fragment.startswith("r-") else places.get("replies")
    if (number := KeyConverter.number_in(reply)) is not None:
        item: Any = db.session.scalar(comment_by_id(number))
    elif (number := KeyConverter.number_in(places.get("posts"))) is not None:
        item = db.session.scalar(post_by_id(number))
    else:
        return None
    return item if item is not None and can_send_notice(None, item) else None


def _between(bounds: tuple[int, int], what: str) -> Any:
    def check(form: Any, field: Any) -> None:
        length = len((field.data or "").strip())
        if length < bounds[0]:
            raise ValidationError(f"Write {what}, in at least {bounds[0]} characters.")
        if length > bounds[1]:
            raise ValidationError(f"This is {length:,} characters long. Shorten it to {bounds[1]:,}; nothing was lost.")

    return check


class NoticeForm(Form):
    """A notice: where, what and why, whether it is said to be unlawful, and who says so."""

    meta_fields = ("csrf_token", "url", "good_faith", "claim")

    url = StringField(
        "Address of the experience or reply", validators=[InputRequired("Give the address of the text.")]
    )
    complaint = TextAreaField("What is wrong, and why", validators=[_between(COMPLAINT_LENGTH, "what is wrong and how you know")])
    claim = RadioField(
        "What do you say about it?",
        choices={"wrong": "It is wrong", "unlawful": "It is unlawful"},
        validators=[InputRequired("Choose whether it is wrong or unlawful.")],
        validate_choice=False,
    )
    law = StringField("Under which law", validators=[Length(max=200, message="Use at most 200 characters.")])
    name = StringField("Your name", validators=[InputRequired("Write your name.")])
    email = EmailField("Your e-mail", validators=EMAIL_VALIDATORS)
    good_faith = BooleanField(
        "I believe in good faith that what I say here is accurate and complete.",
        validators=[InputRequired("Say that you believe it in good faith.")],
    )
    submission = HiddenField()
    item: Any = None

    def validate_url(self, field: Any) -> None:
        """A text that everybody can read."""
        self.item = item_at_url(field.data or "")
        if self.item is None:
            raise ValidationError(
                "No experience or reply that everybody can read stands at this address. Open it, and copy the address "
                "from your browser; of a reply, that of its date."
            )

    def validate_name(self, field: Any) -> None:
        """A name and nothing else: it stands in a mail to an address that nobody has confirmed yet."""
        name = text.single_line(field.data or "")
        if not 2 <= len(name) <= 100:
            raise ValidationError("Write a name of 2 to 100 characters.")
        if "@" in name or "/" in name or "www." in name.lower():
            raise ValidationError("A name is not an address. Write your own name.")

    def validate_claim(self, field: Any) -> None:
        """One of the two."""
        if field.data not in field.choices:
            raise ValidationError("Choose whether it is wrong or unlawful.")

    def validate_law(self, field: Any) -> None:
        """Needed for what is said to be unlawful."""
        if self.claim.data == "unlawful" and not (field.data or "").strip():
            raise ValidationError("Name the law, as well as you can: the act, or what it protects.")

    def cleaned_data(self) -> dict[str, Any]:
        """For an action."""
        unlawful = self.claim.data == "unlawful"
        return {
            "name": text.single_line(self.name.data or ""),
            "email": (self.email.data or "").strip(),
            "complaint": (self.complaint.data or "").strip(),
            "unlawful": unlawful,
            "law": text.single_line(self.law.data or "") if unlawful else "",
            "submission": self.submission.data or "",
        }


class AnswerForm(Form):
    """The author's answer to a notice. Somebody outside reads it."""

    body = TextAreaField("Your answer", validators=[_between(ANSWER_LENGTH, "your answer")])

    def __init__(self, item: Any, **given: Any) -> None:
        super().__init__(**given)
        thread = item if isinstance(item, Post) else item.post
        self.undisclosed = thread.category_id is not None

    def validate_body(self, field: Any) -> None:
        """No vendor that was kept undisclosed."""
        if self.undisclosed and (named := find_vendor_mention(field.data or "")):
            raise ValidationError(f"This names {named} to somebody outside, and the vendor of the text is undisclosed.")


class ObjectionForm(Form):
    """Why the decision on one's notice is wrong."""

    body = TextAreaField("Why is the decision wrong?", validators=[_between(ANSWER_LENGTH, "why it is wrong")])
