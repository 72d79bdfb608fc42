"""Notices from outside: the pages for senders, who need no account, and for the author of the text."""

import secrets

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from limits import parse

from forum import anonymity
from forum.access import (
    can_answer_notice,
    can_object_to_decision,
    can_read_notice,
    can_send_notice,
    is_author,
    is_signed_in,
)
from forum.accounts.sign_in_limits import is_within_mailbox_limit
from forum.clients import client_network
from forum.config import SAFE_METHODS
from forum.db import db, lock, now
from forum.forms import composing
from forum.links import external_url
from forum.moderation.models import Notice
from forum.moderation.notices.actions import confirm_notice, object_to_decision, save_author_answer, send_notice
from forum.moderation.notices.forms import AnswerForm, NoticeForm, ObjectionForm
from forum.moderation.notices.queries import is_claimed, notice_by_id, notice_by_secret_hash, notices_about_item
from forum.moderation.notices.senders import hash_secret, hash_unconfirmed, notice_id_from_token
from forum.moderation.queries import reversal_of
from forum.moderation.wording import NOTICE_OUTCOMES
from forum.posts.comment_queries import comment_by_id
from forum.posts.models import Comment, Post
from forum.posts.queries import post_by_id
from forum.rate_limits import limit_writing, limiter, network_key, was_accepted
from forum.submissions import HONEYPOT_FILLED, TYPED_TOO_FAST, form_age, honeypot_filled, typed_too_fast
from forum.urls import KeyConverter, key_text
from forum.web import permission_required

bp = Blueprint("notices", __name__, url_prefix="/notices")
PER_ADDRESS, PER_NETWORK = "6/hour;20/day", "20/hour;60/day"
# Confirmation mails to one e-mail address, so that nobody can flood another person's mailbox.
PER_EMAIL = parse("5/day")


def _address_key() -> str:
    """Return a rate limit key for the IP address that does not reveal it."""
    return anonymity.hashed_limit_key(f"notices from {client_network()}")


@bp.route("/new", methods=["GET", "POST"])
@limiter.limit(PER_ADDRESS, key_func=_address_key, methods=["POST"], deduct_when=was_accepted, override_defaults=False)
@limiter.limit(PER_NETWORK, key_func=network_key, methods=["POST"], deduct_when=was_accepted, override_defaults=False)
@composing
def new() -> ResponseReturnValue:
    """The form to report incorrect or illegal content. No account is needed."""
    form = NoticeForm(submission=secrets.token_hex(16))
    if not form.is_submitted():
        form.url.data = _item_url()
    elif honeypot_filled():
        form.validate()
        form.form_errors = [HONEYPOT_FILLED]
    elif form.validate() and (_was_sent(form) or _send(form)):
        return redirect(url_for(".check_email"))
    return form.render("moderation/notice_new.html")


@bp.get("/sent")
def check_email() -> str:
    """The page after sending a notice: it must be confirmed by mail."""
    return render_template("moderation/notice_check_email.html")


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("30/hour", methods=["POST"])
def confirm(token: str) -> ResponseReturnValue:
    """Confirm a notice. The mailed link leads to a button, so that mail scanners confirm nothing."""
    notice_id = notice_id_from_token(token)
    notice = db.session.scalar(notice_by_id(notice_id)) if notice_id is not None else None
    if notice is None or notice.confirmed_at is not None:
        return _dead_link_page(is_confirmed=notice is not None)
    if request.method in SAFE_METHODS:
        return _private_page("moderation/notice_confirm.html", notice=notice, url=_content_url(notice))
    secret = confirm_notice(notice)
    db.session.commit()
    return redirect(url_for(".show", secret=secret)) if secret else _dead_link_page(is_confirmed=True)


@bp.get("/of/<secret>")
def show(secret: str) -> ResponseReturnValue:
    """The status of a notice, for anyone who has the secret address."""
    return _status_page(secret, ObjectionForm(formdata=None))


@bp.post("/of/<secret>/objection")
@limiter.limit("10/hour")
@composing
def objection(secret: str) -> ResponseReturnValue:
    """Object to the decision, once. A moderator who did not make it answers."""
    notice, form = _notice_or_404(secret), ObjectionForm()
    if not can_object_to_decision(current_user, notice):
        return _status_page(secret, form, is_late=True)
    if not form.validate():
        return _status_page(secret, form)
    object_to_decision(notice, (form.body.data or "").strip())
    db.session.commit()
    return redirect(url_for(".show", secret=secret))


@bp.get("/about/post/<key:post_id>")
@permission_required(is_signed_in)
def about_post(post_id: int) -> ResponseReturnValue:
    """Notices about a post, for its author."""
    return _author_page(db.first_or_404(post_by_id(post_id)))


@bp.get("/about/reply/<key:comment_id>")
@permission_required(is_signed_in)
def about_reply(comment_id: int) -> ResponseReturnValue:
    """Notices about a reply, for its author."""
    return _author_page(db.first_or_404(comment_by_id(comment_id)))


@bp.post("/<key:notice_id>/answer")
@permission_required(is_signed_in)
@limit_writing("60/hour")
@composing
def answer(notice_id: int) -> ResponseReturnValue:
    """Answer a notice as the author of the text, under the name that the text has."""
    notice = db.first_or_404(notice_by_id(notice_id))
    if not can_read_notice(current_user, notice):
        abort(404)
    item = notice.content
    form = AnswerForm(item)
    if not can_answer_notice(current_user, notice):
        return _author_page(item, late_form=form)
    if not form.validate():
        return _author_page(item, {notice.id: form})
    if not save_author_answer(notice, (form.body.data or "").strip()):
        db.session.rollback()
        return _author_page(item, late_form=form)
    db.session.commit()
    flash("Your answer was sent to the moderators. The sender of the notice can read it too.")
    if isinstance(item, Comment):
        return redirect(url_for(".about_reply", comment_id=item.id))
    return redirect(url_for(".about_post", post_id=item.id))


def _item_url() -> str:
    """Return the address of the post or reply that the link to the form names."""
    if (post_id := KeyConverter.number_in(request.args.get("post"))) is not None:
        return external_url("posts.show", post_id=post_id)
    if (comment_id := KeyConverter.number_in(request.args.get("reply"))) is not None:
        return external_url("comments.show", comment_id=comment_id)
    return ""


def _passes_limits(form: NoticeForm) -> bool:
    """Check that the form was not sent too fast or too often; otherwise it says so."""
    if typed_too_fast(form_age()):
        form.complaint.errors = [TYPED_TOO_FAST]
        return False
    if not is_within_mailbox_limit(PER_EMAIL, "notices to", form.email.data or ""):
        form.email.errors = [
            "Several notices were sent with this address today. Confirm those first, or come back tomorrow."
        ]
        return False
    return True


def _was_sent(form: NoticeForm) -> bool:
    """Return whether the same form was sent before with the same words. Wait while it is being sent."""
    secret_hash = hash_unconfirmed(form.sending())
    lock(f"notice {secret_hash}")
    return db.session.scalar(notice_by_secret_hash(secret_hash)) is not None


def _send(form: NoticeForm) -> bool:
    """Send the notice. Return False, with an error in the form, when the limits do not allow it."""
    if not _passes_limits(form):
        return False
    assert form.item is not None
    send_notice(form.item, **form.cleaned_data())
    db.session.commit()
    return True


def _notice_or_404(secret: str) -> Notice:
    notice: Notice = db.first_or_404(notice_by_secret_hash(hash_secret(secret)))
    return notice


def _status_page(secret: str, form: ObjectionForm, *, is_late: bool = False) -> Response:
    notice = _notice_or_404(secret)
    decision, content = notice.decision, notice.content
    return _private_page(
        "moderation/notice.html",
        409 if is_late else 422 if form.errors else 200,
        notice=notice,
        url=_content_url(notice),
        decision=decision,
        reversal=reversal_of(decision) if decision else None,
        is_readable=content is not None and can_send_notice(current_user, content),
        outcomes=NOTICE_OUTCOMES,
        moment=now(),
        is_claimed=is_claimed(notice, now()),
        is_open_to_objection=can_object_to_decision(current_user, notice),
        secret=secret,
        form=form,
        is_late=is_late,
    )


def _content_url(notice: Notice) -> str:
    """Return the address of the text, or an empty string when it was deleted for good."""
    if notice.comment is not None:
        return external_url("comments.show", comment_id=notice.comment_id)
    return external_url("posts.show", post_id=notice.post_id) if notice.post is not None else ""


def _author_page(
    item: Post | Comment, submitted: dict[int, AnswerForm] | None = None, late_form: AnswerForm | None = None
) -> ResponseReturnValue:
    """Render the notices with `submitted`, the invalid form by its notice, or `late_form`, sent after the deadline."""
    if not is_author(current_user, item):
        abort(404)
    notices = notices_about_item(item)
    forms = {notice.id: AnswerForm(item, formdata=None) for notice in notices} | (submitted or {})
    for notice_id, form in forms.items():
        form.body.id = f"body-{key_text(notice_id)}"
    page = render_template(
        "moderation/notices_about.html",
        item=item,
        notices=notices,
        outcomes=NOTICE_OUTCOMES,
        forms=forms,
        late_form=late_form,
        moment=now(),
    )
    return page, 409 if late_form else 422 if submitted else 200


def _dead_link_page(*, is_confirmed: bool) -> Response:
    return _private_page("moderation/notice_dead_link.html", 410, is_confirmed=is_confirmed)


def _private_page(template: str, status: int = 200, **values: object) -> Response:
    """Render a page behind a secret address, which no cache stores and no search engine lists.

    The referrer policy of all pages keeps the address from other sites; without any referrer the CSRF check would fail.
    """
    page = make_response(render_template(template, **values), status)
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    return page
