"""Tags: the list, one with its words, retiring, merging and ending it."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.admin import tag_actions as actions
from forum.admin.member_forms import ReasonForm
from forum.admin.tag_forms import DescriptionForm, TagForm, TagMergeForm, WordForm
from forum.admin.views import bp, ADMIN_WRITES
from forum.db import db
from forum.posts.models import Tag
from forum.posts.tags.actions import SlugTaken
from forum.posts.tags.queries import all_tags, tagged_post_count, tag_by_synonym, tag_by_slug


@bp.route("/tags", methods=["GET", "POST"])
@ADMIN_WRITES
def tags() -> Any:
    """Every tag, and a new one."""
    form = TagForm()
    if form.validate_on_submit():
        try:
            tag = actions.add_tag(current_user, form.word.data or "", form.description.data or "")
            return _done(tag.slug, "The tag can be used from now on.")
        except SlugTaken as problem:
            form.word.errors = [str(problem)]
    return form.render("admin/tags.html", tags=all_tags())


@bp.route("/tags/<slug>", methods=["GET", "POST"])
@ADMIN_WRITES
def tag(slug: str) -> Any:
    """One tag, and what it is for."""
    found = _found(slug)
    form = DescriptionForm(description=found.description)
    if form.validate_on_submit():
        actions.set_description(current_user, found, form.description.data or "")
        return _done(slug, "The tag is described anew.")
    return _page(found, form, WordForm(formdata=None))


@bp.post("/tags/<slug>/words")
@ADMIN_WRITES
def add_synonym(slug: str) -> Any:
    """Another word for it."""
    found, form = _found(slug), WordForm()
    if form.validate():
        try:
            actions.add_synonym(current_user, found, form.word.data or "")
            return _done(slug, "The word leads to this tag now.")
        except SlugTaken as problem:
            form.word.errors = [str(problem)]
    return _page(found, DescriptionForm(formdata=None, description=found.description), form)


@bp.post("/tags/<slug>/remove")
@ADMIN_WRITES
def remove_synonym(slug: str) -> Any:
    """A word less."""
    found = _found(slug)
    synonym = next((one for one in found.synonyms if str(one.id) == request.form.get("number")), None)
    if synonym is not None:
        actions.remove_synonym(current_user, found, synonym)
    return _done(slug, "Removed." if synonym is not None else "That was gone already.")


@bp.post("/tags/<slug>/retire")
@ADMIN_WRITES
def retire_tag(slug: str) -> Any:
    """Offer it no more, or again."""
    found, retired = _found(slug), request.form.get("intent") == "retire"
    actions.set_retired(current_user, found, retired=retired)
    return _done(slug, "It is not offered for new texts any more." if retired else "It is offered again.")


@bp.route("/tags/<slug>/merge", methods=["GET", "POST"])
@ADMIN_WRITES
def merge_tag(slug: str) -> Any:
    """Say into which tag; see how many texts go along; do it."""
    old = _found(slug)
    form, carried = TagMergeForm(old), tagged_post_count(old.id)
    if not form.validate_on_submit() or form.target is None:
        return form.render("admin/merge_tag.html", old=old, carried=carried, into=None)
    into = form.target
    if request.form.get("intent") != f"merge into {into.id}":
        return form.render("admin/merge_tag.html", old=old, carried=carried, into=into)
    actions.merge_tags(current_user, old, into, carried=carried, reason=form.reason_text())
    return _done(into.slug, f"Merged. “{slug}” leads to “{into.slug}” now.")


@bp.route("/tags/<slug>/delete", methods=["GET", "POST"])
@ADMIN_WRITES
def delete_tag(slug: str) -> Any:
    """Take one away that nothing carries."""
    found, form = _found(slug), ReasonForm()
    carried = tagged_post_count(found.id)
    if not carried and form.validate_on_submit():
        actions.delete_tag(current_user, found, reason=form.reason_text())
        db.session.commit()
        flash("The tag is gone.")
        return redirect(url_for(".tags"))
    page, status = form.render("admin/delete_tag.html", tag=found, carried=carried)
    return page, 422 if request.method == "POST" else status


def _found(slug: str) -> Tag:
    """The tag; of a word that leads to one, the one it leads to."""
    if (meant := tag_by_synonym(slug)) is not None:
        abort(redirect(url_for(".tag", slug=meant.slug)))
    found: Tag = db.first_or_404(tag_by_slug(slug))
    return found


def _done(slug: str, words: str) -> Any:
    db.session.commit()
    flash(words)
    return redirect(url_for(".tag", slug=slug))


def _page(found: Tag, form: DescriptionForm, word: WordForm) -> Any:
    page = render_template("admin/tag.html", tag=found, form=form, word=word, carried=tagged_post_count(found.id))
    return page, 422 if form.errors or word.errors else 200
