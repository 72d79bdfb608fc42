"""Forms to send a notice, to answer one, and to object to the decision on one."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request
from wtforms import BooleanField, EmailField, Field, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.access import can_send_notice
from forum.accounts.forms import EMAIL_VALIDATORS
from forum.accounts.names import has_address
from forum.db import db
from forum.forms import Form, SubmissionField
from forum.posts.comment_queries import comment_by_id
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.urls import KeyConverter
from forum.vendors.queries import find_vendor_mention

# Shortest and longest, in characters.
COMPLAINT_LENGTH = (40, 10_000)
ANSWER_LENGTH = (20, 5_000)
NAME_LENGTH = (2, 100)


def item_at_url(url: str) -> Post | Comment | None:
    """Return the post or reply at a URL of this site, if everyone can read it.

    A rating has no URL of its own: a notice about it is about its post.
    """
    try:
        parts = urlsplit(url.strip())
        hosts = {urlsplit(current_app.config["SITE_URL"]).netloc, request.host}
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or (parts.netloc and parts.netloc.lower() not in hosts):
        return None
    steps = dict(pairwise(step for step in parts.path.split("/") if step))
    reply = parts.fragment.removeprefix("r-") if parts.fragment.startswith("r-") else steps.get("replies")
    if (comment_id := KeyConverter.number_in(reply)) is not None:
        item: Post | Comment | None = db.session.scalar(comment_by_id(comment_id))
    elif (post_id := KeyConverter.number_in(steps.get("posts"))) is not None:
        item = db.session.scalar(post_by_id(post_id))
    else:
        return None
    return item if item is not None and can_send_notice(None, item) else None


def _length_between(bounds: tuple[int, int], subject: str) -> Callable[[Form, Field], None]:
    """Return a validator. `subject` says what to write: "Write <subject>, in at least ..."."""

    def check(form: Form, field: Field) -> None:
        length = len((field.data or "").strip())
        if text.visible_length(field.data or "") < bounds[0]:
            raise ValidationError(f"Write {subject}, in at least {bounds[0]} characters.")
        if length > bounds[1]:
            raise ValidationError(f"This is {length:,} characters long. Shorten it to {bounds[1]:,}; nothing was lost.")

    return check


class NoticeForm(Form):
    """A notice: which text, what is wrong with it, whether it is illegal, and who says so."""

    meta_fields = ("csrf_token", "url", "good_faith", "claim")

    url = StringField(
        "Address of the post or reply", validators=[InputRequired("Enter the address of the post or reply.")]
    )
    complaint = TextAreaField(
        "What is wrong, and why",
        validators=[_length_between(COMPLAINT_LENGTH, "what is wrong and how you know")],
    )
    claim = RadioField(
        "What is the problem?",
        choices={"wrong": "It is inaccurate", "unlawful": "It is illegal"},
        validators=[InputRequired("Choose whether it is inaccurate or illegal.")],
        validate_choice=False,
    )
    law = StringField("Which law it breaks", validators=[Length(max=200, message="Use at most 200 characters.")])
    name = StringField("Your name", validators=[InputRequired("Enter your name.")])
    email = EmailField("Your e-mail", validators=EMAIL_VALIDATORS)
    good_faith = BooleanField(
        "I believe in good faith that what I say here is accurate and complete.",
        validators=[InputRequired("Confirm that you believe it in good faith.")],
    )
    submission = SubmissionField()
    item: Post | Comment | None = None

    def validate_url(self, field: Field) -> None:
        """Require a text that everyone can read."""
        self.item = item_at_url(field.data or "")
        if self.item is None:
            raise ValidationError(
                "There is no post or reply that everyone can read at this address. Open it and copy the address from "
                "your browser; for a reply, click its date."
            )

    def validate_name(self, field: Field) -> None:
        """Require a name and nothing else: it is put into a mail to an address that is not confirmed yet."""
        name = text.single_line(text.without_format(field.data or ""))
        if not NAME_LENGTH[0] <= len(name) <= NAME_LENGTH[1]:
            raise ValidationError(f"Enter a name of {NAME_LENGTH[0]} to {NAME_LENGTH[1]} characters.")
        if has_address(name):
            raise ValidationError("This looks like an e-mail or web address. Enter your name.")

    def validate_claim(self, field: Field) -> None:
        """Require one of the two."""
        if field.data not in field.choices:
            raise ValidationError("Choose whether it is inaccurate or illegal.")

    def validate_law(self, field: Field) -> None:
        """Require the name of the law if the content is reported as illegal."""
        if self.claim.data == "unlawful" and not (field.data or "").strip():
            raise ValidationError("Name the law, as well as you can: the act, or what it protects.")

    def sending(self) -> str:
        """Return the form's number with what was typed: sent twice it is the same, with another address it is not."""
        typed = (self.url, self.claim, self.law, self.name, self.email, self.complaint)
        return " ".join([self.submission.data, *(field.data or "" for field in typed)]) if self.submission.data else ""

    def cleaned_data(self) -> dict[str, Any]:
        """Return the arguments of send_notice()."""
        unlawful = self.claim.data == "unlawful"
        return {
            "name": text.single_line(self.name.data or ""),
            "email": (self.email.data or "").strip(),
            "complaint": (self.complaint.data or "").strip(),
            "unlawful": unlawful,
            "law": text.single_line(self.law.data or "") if unlawful else "",
            "submission": self.sending(),
        }


class AnswerForm(Form):
    """The author's answer to a notice, which the sender reads."""

    body = TextAreaField("Your answer", validators=[_length_between(ANSWER_LENGTH, "your answer")])

    def __init__(self, item: Post | Comment, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        thread = item if isinstance(item, Post) else item.post
        self.undisclosed = thread.category_id is not None

    def validate_body(self, field: Field) -> None:
        """Allow no name of an undisclosed vendor."""
        if self.undisclosed and (vendor := find_vendor_mention(field.data or "")):
            raise ValidationError(
                f"This names {vendor} to someone outside the forum, but the post does not disclose its vendor."
            )


class ObjectionForm(Form):
    """The sender's objection to the decision on a notice."""

    body = TextAreaField("Why is the decision wrong?", validators=[_length_between(ANSWER_LENGTH, "why it is wrong")])
