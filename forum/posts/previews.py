"""The preview of a text that is not published yet: as it would appear, and what in it may identify its author."""

from typing import NamedTuple

from wtforms import Field, TextAreaField

from forum import text
from forum.accounts.bylines import byline
from forum.accounts.pseudonyms import alias_for
from forum.posts.forms import PostFields
from forum.posts.mentions import link_mentions
from forum.posts.models import Comment, Post
from forum.posts.signature_forms import SignedForm
from forum.templating import current_reader

NEW_ALIAS = "a new alias, made for this thread"


class Preview(NamedTuple):
    """A text as others would see it. A reply has a name and a text only; `vendor` holds the tier or category, too."""

    html: str
    name: str = ""
    badge: str = ""
    title: str = ""
    leaning: str = ""
    vendor: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def post_preview(form: PostFields, post: Post | None = None) -> Preview:
    """Return the preview of a new post, or of the changed text of an existing one. Findings are added to the form."""
    form.selected_tags = form.tags.selected()
    name, badge = _signature(form, NEW_ALIAS, post)
    return Preview(
        _rendered(form.body),
        name,
        badge,
        text.single_line(form.title.data or ""),
        form.leaning.data or "",
        _vendor_of(form),
        tuple(sorted(tag.slug for tag in form.selected_tags)),
    )


def comment_preview(form: SignedForm, body: TextAreaField, post: Post) -> Preview:
    """Return the preview of a reply to the post. Findings are added to the form."""
    alias = alias_for(post.thread_key, current_reader())
    name, badge = _signature(form, alias or "Anonymous", None)
    return Preview(_rendered(body), name, badge)


def edit_preview(body: TextAreaField, item: Comment | None = None) -> Preview:
    """Return the preview of the changed text of a reply, or of an official one, which is always by name."""
    return Preview(_rendered(body), byline(item).name if item is not None else current_reader().name)


def _rendered(body: Field) -> str:
    return link_mentions(text.to_html(body.data or ""))


def _signature(form: PostFields | SignedForm, alias: str, item: Post | None) -> tuple[str, str]:
    if item is not None:
        return byline(item).name, item.badge
    if not isinstance(form, SignedForm) or form.identity.data != "anonymous":
        return current_reader().name, ""
    form.check_identifying_details()
    return alias, form.badge_preview() if form.badge.data else ""


def _vendor_of(form: PostFields) -> tuple[str, ...]:
    subject = form.post_subject()
    parts = [subject.vendor, subject.programme, subject.tier, subject.category]
    names = [part.name for part in parts if part is not None]
    return tuple([text.single_line(subject.description), *names] if subject.description else names)
