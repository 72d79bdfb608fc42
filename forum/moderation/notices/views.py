"""Notices from outside: for whoever sends one, without an account, and for the author whose text it is about."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_required
from limits import parse
from sqlalchemy.exc import IntegrityError

from forum.links import external_url
from forum import anonymity
from forum.access import can_answer_notice, can_send_notice, can_object_to_decision, can_read_notice, is_author
from forum.accounts.views import network_key
from forum.db import db, now
from forum.moderation.kinds import NOTICE_OUTCOMES
from forum.moderation.notices.actions import answer_notice, confirm_notice, object_to_decision, send_notice
from forum.moderation.notices.forms import AnswerForm, NoticeForm, ObjectionForm
from forum.moderation.notices.queries import is_claimed, notice_by_id, notice_by_secret_hash, notices_about_item
from forum.moderation.notices.senders import hash_secret, hash_unconfirmed, notice_id_from_token
from forum.moderation.queries import reversal_of
from forum.moderation.rules import RULES, rule_words
from forum.posts.comment_queries import comment_by_id
from forum.posts.queries import post_by_id
from forum.urls import KeyConverter, key_text
from forum.submissions import form_age, honeypot_filled
from forum.rate_limits import limiter, was_accepted

bp = Blueprint("notices", __name__, url_prefix="/notices")
FROM_ADDRESS, FROM_NETWORK = "6/hour;20/day", "20/hour;60/day"
# Mails to confirm a notice that go to one address: who writes another's there fills no mailbox.
TO_ADDRESS = parse("5/day")
# Nobody reads the form and fills it in less, in seconds.
QUICKEST = 3


def _address() -> str:
    """The asker's address, as a mark that says which to nobody."""
    return anonymity.hashed_limit_key(f"notices from {get_remote_address()}")


@bp.route("/new", methods=["GET", "POST"])
@limiter.limit(FROM_ADDRESS, key_func=_address, methods=["POST"], deduct_when=was_accepted, override_defaults=False)
@limiter.limit(FROM_NETWORK, key_func=network_key, methods=["POST"], deduct_when=was_accepted, override_defaults=False)
def new() -> Any:
    """Give notice of a text that is wrong or unlawful. No account is needed."""
    form = NoticeForm(submission=secrets.token_hex(16))
    if request.method == "GET":
        form.url.data = _asked_for()
    elif honeypot_filled():
        return redirect(url_for(".check_email"))
    elif form.validate() and _at_leisure(form) and _mails_left(form):
        _send(form)
        return redirect(url_for(".check_email"))
    return form.render("moderation/notice_new.html")


@bp.get("/sent")
def check_email() -> str:
    """ "Look into your mail"."""
    return render_template("moderation/notice_sent.html")


@bp.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("30/hour", methods=["POST"])
def confirm(token: str) -> Any:
    """Confirm it by a button behind the mailed link: programmes that follow links confirm nothing."""
    number = notice_id_from_token(token)
    notice = db.session.scalar(notice_by_id(number)) if isinstance(number, int) else None
    if notice is None or notice.confirmed_at is not None:
        return _dead_link(used=notice is not None)
    if request.method == "GET":
        return _for_nobody_else("moderation/notice_confirm.html", notice=notice, where=_where(notice))
    secret = confirm_notice(notice)
    db.session.commit()
    return redirect(url_for(".show", secret=secret)) if secret else _dead_link(used=True)


@bp.get("/of/<secret>")
def show(secret: str) -> Any:
    """What became of a notice, for whoever has its secret address."""
    return _status(secret, ObjectionForm(formdata=None))


@bp.post("/of/<secret>/objection")
@limiter.limit("10/hour")
def objection(secret: str) -> Any:
    """Object to the decision, once: somebody else looks at it."""
    notice, form = _with(secret), ObjectionForm()
    if not can_object_to_decision(current_user, notice):
        return _status(secret, form, late=True)
    if not form.validate():
        return _status(secret, form)
    object_to_decision(notice, (form.body.data or "").strip())
    db.session.commit()
    return redirect(url_for(".show", secret=secret))


@bp.get("/about/post/<key:post_id>")
@login_required
def about_post(post_id: int) -> Any:
    """For its author: what somebody outside says of an experience."""
    return _about(db.first_or_404(post_by_id(post_id)))


@bp.get("/about/reply/<key:comment_id>")
@login_required
def about_reply(comment_id: int) -> Any:
    """For its author: what somebody outside says of a reply."""
    return _about(db.first_or_404(comment_by_id(comment_id)))


@bp.post("/<key:notice_id>/answer")
@login_required
def answer(notice_id: int) -> Any:
    """The author's answer, under whichever name the text has."""
    notice = db.first_or_404(notice_by_id(notice_id))
    if not can_read_notice(current_user, notice):
        abort(404)
    item = notice.content
    form = AnswerForm(item)
    if not can_answer_notice(current_user, notice):
        return _about(item, late=form)
    if not form.validate():
        return _about(item, {notice.id: form})
    if not answer_notice(notice, (form.body.data or "").strip()):
        db.session.rollback()
        return _about(item, late=form)
    db.session.commit()
    flash("Your answer is with the moderators, and whoever sent the notice can read it.")
    return redirect(_back_to(item))


def _asked_for() -> str:
    for name, endpoint, argument in (("post", "posts.show", "post_id"), ("reply", "comments.show", "comment_id")):
        if (number := KeyConverter.number_in(request.args.get(name))) is not None:
            place: dict[str, Any] = {argument: number}
            return external_url(endpoint, **place)
    return ""


def _at_leisure(form: NoticeForm) -> bool:
    """False, with words, for a form that came back quicker than anybody types."""
    age = form_age()
    if age is not None and age < QUICKEST:
        form.complaint.errors = ["That was quicker than anybody types. Read it once more and send it again."]
    return not form.errors


def _mails_left(form: NoticeForm) -> bool:
    """False, with words, when too many were sent with this address today."""
    known = anonymity.hashed_limit_key(f"notices to {(form.email.data or '').strip().lower()}")
    if not limiter.limiter.hit(TO_ADDRESS, "notices to", known):
        form.email.errors = [
            "Several notices were sent with this address today. Confirm those first, or come back tomorrow."
        ]
    return not form.errors


def _send(form: NoticeForm) -> None:
    said = form.cleaned_data()
    try:
        send_notice(form.item, **said)
        db.session.commit()
    except IntegrityError:
        # The same form came twice, and the other was quicker.
        db.session.rollback()
        if db.session.scalar(notice_by_secret_hash(hash_unconfirmed(said["submission"]))) is None:
            raise


def _with(secret: str) -> Any:
    return db.first_or_404(notice_by_secret_hash(hash_secret(secret)))


def _status(secret: str, form: ObjectionForm, *, late: bool = False) -> Any:
    notice = _with(secret)
    decision = notice.decision
    return _for_nobody_else(
        "moderation/notice.html",
        409 if late else 422 if form.errors else 200,
        notice=notice,
        where=_where(notice),
        decision=decision,
        reversal=reversal_of(decision) if decision else None,
        readable=notice.content is not None and can_send_notice(current_user, notice.content),
        rule=rule_words(decision.rule) if decision and decision.rule in RULES else "",
        outcomes=NOTICE_OUTCOMES,
        moment=now(),
        checked=is_claimed(notice, now()),
        open_to_objection=can_object_to_decision(current_user, notice),
        secret=secret,
        form=form,
        late=late,
    )


def _where(notice: Any) -> str:
    """The address of the text; empty when it is gone for good."""
    if notice.comment is not None:
        return external_url("comments.show", comment_id=notice.comment_id)
    return external_url("posts.show", post_id=notice.post_id) if notice.post is not None else ""


def _about(item: Any, sent: dict[int, AnswerForm] | None = None, late: AnswerForm | None = None) -> Any:
    """`sent` is the form that came back, by its notice; `late` one whose notice takes no answer any more."""
    if not is_author(current_user, item):
        abort(404)
    notices = notices_about_item(item)
    forms = {notice.id: AnswerForm(item, formdata=None) for notice in notices} | (sent or {})
    for number, form in forms.items():
        form.body.id = f"body-{key_text(number)}"
    page = render_template(
        "moderation/notices_about.html",
        item=item,
        notices=notices,
        outcomes=NOTICE_OUTCOMES,
        forms=forms,
        late=late,
        moment=now(),
    )
    return page, 409 if late else 422 if sent else 200


def _back_to(item: Any) -> str:
    if hasattr(item, "post_id"):
        return url_for(".about_reply", comment_id=item.id)
    return url_for(".about_post", post_id=item.id)


def _dead_link(*, used: bool) -> Any:
    return _for_nobody_else("moderation/notice_dead_link.html", 410, used=used)


def _for_nobody_else(template: str, status: int = 200, **values: Any) -> Any:
    """A page behind a secret address: kept by no cache, found by no search.

    The policy that all pages have lets no other site see the address; no referrer at all would break the form's check.
    """
    page = make_response(render_template(template, **values), status)
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    return page
