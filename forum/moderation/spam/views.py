"""Removing spam in one step, from a member or from an anonymous text."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum import jobs
from forum.access import can_ban_for_spam, can_remove_alias, is_moderator
from forum.accounts.device_views import staff_proof_page
from forum.accounts.models import Member
from forum.accounts.queries import member_by_slug
from forum.accounts.two_factor_views import require_staff
from forum.db import db
from forum.moderation.decisions.actions import AlreadyDecided
from forum.moderation.models import Content
from forum.moderation.spam import actions
from forum.moderation.spam.forms import AliasForm, SpamForm
from forum.moderation.spam.models import SpamBatch
from forum.moderation.spam.queries import (
    domain_obstacle,
    signed_text_count,
    similar_sign_ups,
    unsettled_batches,
)
from forum.posts.models import Comment, Post
from forum.templating import current_reader
from forum.web import require

bp = Blueprint("spam", __name__, url_prefix="/moderation")
# Texts that are removed or restored before the page answers; a job does the others.
AT_ONCE = 20
DONE_ALREADY = "A colleague was faster: this has already been dealt with."


@bp.before_request
def _require_moderator() -> ResponseReturnValue | None:
    return require_staff(is_moderator)


@bp.route("/members/<slug>/spam", methods=["GET", "POST"])
def member(slug: str) -> ResponseReturnValue:
    """Ban a member, remove what they signed, block their domain and reject sign-ups that are alike."""
    account = db.first_or_404(member_by_slug(slug))
    require(can_ban_for_spam(current_user, account))
    form = SpamForm(scope="all")
    if form.validate_on_submit():
        return staff_proof_page(account) or _ban(account, form)
    obstacle = domain_obstacle(account)
    return form.render(
        "moderation/spam.html",
        member=account,
        text_count=signed_text_count(account),
        obstacle=obstacle,
        sign_ups=similar_sign_ups(account, obstacle),
    )


def _ban(account: Member, form: SpamForm) -> ResponseReturnValue:
    def act() -> SpamBatch:
        return actions.ban_for_spam(
            account,
            current_reader(),
            form.grounds(),
            since=form.since_moment(),
            blocks_domain=form.blocks_domain.data,
            rejects_sign_ups=form.rejects_sign_ups.data,
        )

    return _run(act, f"{account.name} is banned and what they signed is being removed. To undo it, use the form below.")


@bp.route("/posts/<key:post_id>/spam", methods=["GET", "POST"])
def post(post_id: int) -> ResponseReturnValue:
    """Remove an anonymous post and what its alias wrote in the thread."""
    return _alias_page(db.session.get(Post, post_id))


@bp.route("/replies/<key:comment_id>/spam", methods=["GET", "POST"])
def comment(comment_id: int) -> ResponseReturnValue:
    """Remove an anonymous reply and what its alias wrote in the thread."""
    return _alias_page(db.session.get(Comment, comment_id))


def _alias_page(item: Content | None) -> ResponseReturnValue:
    """Return the form, or do what it says. A signed text leads to the form about its member."""
    if item is None or item.deleted_at is not None:
        abort(404)
    if item.author is not None:
        return redirect(url_for(".member", slug=item.author.slug))
    require(can_remove_alias(current_user, item))
    form = AliasForm()
    if form.validate_on_submit():
        message = "Removed, with everything else this alias wrote in the thread. To undo it, use the form below."
        return _run(lambda: actions.remove_alias(item, current_reader(), form.grounds()), message)
    thread = item if isinstance(item, Post) else item.post
    return form.render("moderation/spam_alias.html", item=item, post=thread)


def _run(act: Callable[[], SpamBatch], message: str) -> ResponseReturnValue:
    try:
        number = act().decision_id
        db.session.commit()
    except AlreadyDecided:
        db.session.rollback()
        flash(DONE_ALREADY)
        return redirect(url_for("moderation.index"))
    settle_soon()
    flash(message)
    return redirect(url_for("log.entry", number=number))


def settle_soon() -> None:
    """Remove or restore the first texts of the batches that wait, after the commit, and leave the others to the job."""
    batch_ids = unsettled_batches()
    for batch_id in batch_ids:
        actions.settle(batch_id, db.session.commit, AT_ONCE)
    if batch_ids:
        jobs.enqueue("settle_spam")
