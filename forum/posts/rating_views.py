"""Give a rating to a post that was published without one."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_edit, can_see, can_write, is_listed
from forum.db import db
from forum.forms import composing
from forum.posts.actions import PostSubject, rate_post
from forum.posts.forms import PostRatingForm, rating_refusal
from forum.posts.models import Post
from forum.posts.queries import post_by_id
from forum.rate_limits import limit_writing
from forum.ratings.actions import AlreadyRated
from forum.ratings.criteria import CRITERIA, DEALS
from forum.templating import current_reader
from forum.vendors.merging import hold_catalogue
from forum.web import permission_required, require

bp = Blueprint("post_ratings", __name__)
NO_SUBJECT = "This post is about no vendor. Edit it first: name the vendor, or keep it undisclosed and describe it."
JUST_RATED = "You have just rated this in another window."


@bp.route("/posts/<key:post_id>/rate", methods=["GET", "POST"])
@permission_required(can_write)
@limit_writing("20/hour")
@composing
def new(post_id: int) -> ResponseReturnValue:
    """Rate the vendor that one's own post is about. The rating is signed as the post is."""
    if request.method == "POST":
        hold_catalogue()
    post: Post = db.first_or_404(post_by_id(post_id, for_update=request.method == "POST"))
    if not can_see(current_user, post):
        abort(404)
    require(can_edit(current_user, post) and is_listed(post))
    if post.rating is not None:
        return _redirect_to(post)
    if (message := _refusal(post)) is not None:
        return render_template("posts/rating_refused.html", post=post, message=message), 403
    form = PostRatingForm()
    if form.validate_on_submit():
        try:
            rate_post(post, current_reader(), form.answers())
        except AlreadyRated:
            db.session.rollback()
            form.worth.errors = [JUST_RATED]
        else:
            db.session.commit()
            # The same message by name and anonymously: it travels in a cookie.
            flash("Rating added to your post. You can revise it under “Your ratings” in your settings.")
            return _redirect_to(post)
    return form.render("posts/rate.html", post=post, criteria=CRITERIA, deals=DEALS)


def _refusal(post: Post) -> str | None:
    subject = PostSubject(post.vendor, post.programme, post.tier, post.category, post.vendor_description)
    if subject.vendor is None and subject.category is None:
        return NO_SUBJECT
    return rating_refusal(subject, anonymous=post.author_id is None)


def _redirect_to(post: Post) -> ResponseReturnValue:
    return redirect(url_for("posts.show", post_id=post.id, slug=post.slug))
