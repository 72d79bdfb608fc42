"""Tags: the list, and one tag with its synonyms, retiring, merging and deleting it."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.admin import tag_actions as actions
from forum.admin.member_forms import ReasonForm
from forum.admin.tag_forms import DescriptionForm, SynonymForm, TagForm, TagMergeForm
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.notifications.merging import move_follows
from forum.posts.models import Tag
from forum.posts.tags.actions import SlugTaken
from forum.posts.tags.queries import all_tags, capped_post_count, tag_by_slug, tag_by_synonym


@bp.route("/tags", methods=["GET", "POST"])
@ADMIN_WRITES
def tags() -> ResponseReturnValue:
    """List the tags, and create one."""
    form = TagForm()
    if form.validate_on_submit():
        try:
            tag = actions.add_tag(current_user, form.word.data or "", form.description.data or "")
            return _saved(tag.slug, "Tag created.")
        except SlugTaken as error:
            form.word.errors = [str(error)]
    return form.render("admin/tags.html", tags=all_tags())


@bp.route("/tags/<slug>", methods=["GET", "POST"])
@ADMIN_WRITES
def tag(slug: str) -> ResponseReturnValue:
    """Show a tag, and change its description."""
    tag = _tag(slug)
    form = DescriptionForm(description=tag.description)
    if form.validate_on_submit():
        actions.set_description(current_user, tag, form.description.data or "")
        return _saved(slug, "Description changed.")
    return _page(tag, form, SynonymForm(formdata=None))


@bp.post("/tags/<slug>/words")
@ADMIN_WRITES
def add_synonym(slug: str) -> ResponseReturnValue:
    """Add a synonym."""
    tag, form = _tag(slug), SynonymForm()
    if form.validate():
        try:
            actions.add_synonym(current_user, tag, form.word.data or "")
            return _saved(slug, "Synonym added.")
        except SlugTaken as error:
            form.word.errors = [str(error)]
    return _page(tag, DescriptionForm(formdata=None, description=tag.description), form)


@bp.post("/tags/<slug>/remove")
@ADMIN_WRITES
def remove_synonym(slug: str) -> ResponseReturnValue:
    """Remove a synonym."""
    tag = _tag(slug)
    synonym = next((item for item in tag.synonyms if str(item.id) == request.form.get("entry_id")), None)
    if synonym is not None:
        actions.remove_synonym(current_user, tag, synonym)
    return _saved(slug, "Removed." if synonym is not None else "Already removed.")


@bp.post("/tags/<slug>/retire")
@ADMIN_WRITES
def retire_tag(slug: str) -> ResponseReturnValue:
    """Retire a tag, or offer it again."""
    tag, retired = _tag(slug), request.form.get("intent") == "retire"
    actions.set_retired(current_user, tag, retired=retired)
    return _saved(slug, "Retired. New posts can't use it." if retired else "New posts can use it again.")


@bp.route("/tags/<slug>/merge", methods=["GET", "POST"])
@ADMIN_WRITES
def merge_tag(slug: str) -> ResponseReturnValue:
    """Choose the other tag, see how many posts move, and merge."""
    old = _tag(slug)
    form, post_count = TagMergeForm(old), capped_post_count(old.id)
    if not form.validate_on_submit() or form.target is None:
        return form.render("admin/merge_tag.html", old=old, post_count=post_count, into=None)
    into = form.target
    if request.form.get("intent") != f"merge into {into.id}":
        return form.render("admin/merge_tag.html", old=old, post_count=post_count, into=into)
    # By itself: a transaction that seals members' states anew moves no posts.
    old_id, into_id, into_slug = old.id, into.id, into.slug
    move_follows("tag", old_id, into_id)
    db.session.commit()
    try:
        actions.merge_tags(current_user, old_id, into_id, reason=form.reason_text())
    except actions.TagGone:
        return _nothing_changed()
    return _saved(into_slug, f"Merged. “{slug}” now leads to “{into_slug}”.")


@bp.route("/tags/<slug>/delete", methods=["GET", "POST"])
@ADMIN_WRITES
def delete_tag(slug: str) -> ResponseReturnValue:
    """Delete a tag without posts."""
    tag, form = _tag(slug), ReasonForm()
    post_count = capped_post_count(tag.id)
    if not post_count and form.validate_on_submit():
        try:
            actions.delete_tag(current_user, tag, reason=form.reason_text())
        except actions.TagGone:
            return _nothing_changed()
        db.session.commit()
        flash("Tag deleted.")
        return redirect(url_for(".tags"))
    page, status = form.render("admin/delete_tag.html", tag=tag, post_count=post_count)
    return page, 422 if request.method == "POST" else status


def _nothing_changed() -> ResponseReturnValue:
    db.session.rollback()
    flash("Nothing was changed: the tag has been merged, deleted or used meanwhile.")
    return redirect(url_for(".tags"))


def _tag(slug: str) -> Tag:
    """Return the tag; redirect from a synonym to its tag."""
    if (target := tag_by_synonym(slug)) is not None:
        abort(redirect(url_for(".tag", slug=target.slug)))
    tag: Tag = db.first_or_404(tag_by_slug(slug))
    return tag


def _saved(slug: str, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message)
    return redirect(url_for(".tag", slug=slug))


def _page(tag: Tag, form: DescriptionForm, synonym_form: SynonymForm) -> ResponseReturnValue:
    page = render_template(
        "admin/tag.html", tag=tag, form=form, synonym_form=synonym_form, post_count=capped_post_count(tag.id)
    )
    return page, 422 if form.errors or synonym_form.errors else 200
