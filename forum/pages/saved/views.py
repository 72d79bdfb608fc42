"""Bookmarks and their page, and the buttons that save weights and a shortlist of vendors."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_see, is_anonymous_writing_locked, is_member
from forum.accounts.lock_actions import lock_end
from forum.db import db
from forum.forms import composing
from forum.pages.saved import actions
from forum.pages.saved.forms import MAX_NOTE_LENGTH, BookmarkForm
from forum.pages.saved.queries import posts_by_id, saved_lists
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.rate_limits import limiter
from forum.ratings.criteria import CRITERIA
from forum.urls import KeyConverter, safe_path, whole_number
from forum.vendors.lookup import vendor_or_404
from forum.web import permission_required

bp = Blueprint("saved", __name__)
PAGE_SIZE = 30
MAX_WEIGHT = 5
SAVING = limiter.shared_limit("60/minute", scope="saving", methods=["POST"])


@bp.get("/bookmarks")
@permission_required(is_member)
def bookmarks() -> ResponseReturnValue:
    """List the reader's bookmarks with their notes, latest first."""
    if is_anonymous_writing_locked(current_user):
        return _locked_page()
    notes = saved_lists(current_user.id).bookmarks
    post_ids = list(notes)[::-1]
    after = KeyConverter.number_in(request.args.get("after"))
    start = post_ids.index(after) + 1 if after is not None and after in notes else 0
    page = post_ids[start : start + PAGE_SIZE]
    posts = posts_by_id(page)
    return render_template(
        "saved/bookmarks.html",
        bookmarks=[(post_id, _visible(posts.get(post_id)), notes[post_id]) for post_id in page],
        total=len(post_ids),
        max_bookmarks=actions.MAX_BOOKMARKS,
        start=start,
        next_after=page[-1] if len(post_ids) > start + PAGE_SIZE else None,
    )


@bp.route("/posts/<key:post_id>/bookmark", methods=["GET", "POST"])
@permission_required(is_member)
@SAVING
@composing
def bookmark(post_id: int) -> ResponseReturnValue:
    """Bookmark a post with a note, change the note, or remove the bookmark, also of a post that is gone."""
    if is_anonymous_writing_locked(current_user):
        return _locked_page()
    note = saved_lists(current_user.id).bookmarks.get(post_id)
    post = _visible(db.session.scalar(post_by_id(post_id)))
    if post is None and note is None:
        abort(404)
    if request.method == "POST" and request.form.get("intent") == "remove":
        actions.remove_bookmark(current_user, post_id)
        db.session.commit()
        flash("Bookmark removed.")
        return redirect(url_for(".bookmarks"))
    form = BookmarkForm(note=note or "")
    if form.validate_on_submit() and _save_bookmark(post_id, form):
        flash("Bookmark saved. Only you can see it.")
        return redirect(_page_after_saving(post_id, post))
    return form.render(
        "saved/bookmark.html", post_id=post_id, post=post, is_bookmarked=note is not None, max_length=MAX_NOTE_LENGTH
    )


def _save_bookmark(post_id: int, form: BookmarkForm) -> bool:
    """Save the bookmark, or say on the form why not."""
    try:
        actions.save_bookmark(current_user, post_id, form.note.data)
    except actions.ListIsFullError:
        maximum = actions.MAX_BOOKMARKS
        form.form_errors = [f"There is no room for more than {maximum} bookmarks. Remove one first."]
        return False
    db.session.commit()
    return True


@bp.post("/saved/weights")
@permission_required(is_member)
@SAVING
def weights() -> ResponseReturnValue:
    """Save the weights of the criteria as the reader's own, or forget them when there are none."""
    values = {c.key: weight for c in CRITERIA if (weight := whole_number(request.form.get(f"w_{c.key}"), MAX_WEIGHT))}
    actions.save_weights(current_user, values)
    db.session.commit()
    flash("Your weights are saved. The list of vendors is in their order." if values else "Your weights are forgotten.")
    return redirect(safe_path(request.form.get("return_to")) or url_for("rankings.index"))


@bp.post("/saved/shortlist")
@permission_required(is_member)
@SAVING
def shortlist() -> ResponseReturnValue:
    """Add the ticked vendors to the shortlist, or compare them."""
    slugs = request.form.getlist("v")[: 2 * actions.MAX_SHORTLIST]
    if request.form.get("intent") == "compare":
        return redirect(url_for("rankings.compare", v=slugs))
    return _add_to_shortlist(*slugs)


@bp.post("/vendors/<slug>/shortlist")
@permission_required(is_member)
@SAVING
def shortlist_vendor(slug: str) -> ResponseReturnValue:
    """Add a vendor to the shortlist, or remove it."""
    vendor = vendor_or_404(slug, current_user)
    if request.form.get("intent") != "remove":
        return _add_to_shortlist(vendor.slug)
    actions.remove_from_shortlist(current_user, vendor.slug)
    db.session.commit()
    flash(f"{vendor.name} is no longer on your shortlist.")
    return _back()


def _add_to_shortlist(*slugs: str) -> ResponseReturnValue:
    try:
        actions.add_to_shortlist(current_user, *slugs)
    except actions.ListIsFullError:
        flash(
            f"Nothing was added: a shortlist has room for {actions.MAX_SHORTLIST} vendors, as many as a comparison "
            "shows. Remove one first."
        )
    else:
        db.session.commit()
        flash("Added to your shortlist." if slugs else "Nothing was added: tick a vendor first.")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(safe_path(request.form.get("return_to")) or url_for("rankings.index"))


def _page_after_saving(post_id: int, post: Post | None) -> str:
    """Return the URL of the post, or of the list of bookmarks when the form was opened there."""
    if post is None or request.args.get("from") == "list":
        return url_for(".bookmarks")
    return url_for("posts.show", post_id=post_id, slug=post.slug)


def _visible(post: Post | None) -> Post | None:
    """Return the post if the reader may see it."""
    return post if post is not None and not post.deleted_at and can_see(current_user, post) else None


def _locked_page() -> ResponseReturnValue:
    """Say that bookmarks are locked with anonymous writing: a note may be about an anonymous text of the reader."""
    return render_template("saved/locked.html", end=lock_end(current_user)), 403
