"""Tags: the list, one with its words, retiring, merging and ending it."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.admin import tag_actions as actions
from forum.admin.member_forms import ReasonForm
from forum.admin.tag_forms import DescriptionForm, TagForm, TagMergeForm, WordForm
from forum.admin.views import bp, seldom
from forum.db import db
from forum.posts.models import Tag
from forum.posts.tags.actions import Taken
from forum.posts.tags.queries import all_tags, how_many_carry, tag_behind, tag_called


@bp.route("/tags", methods=["GET", "POST"])
@seldom
def tags() -> Any:
    """Every tag, and a new one."""
    form = TagForm()
    if form.validate_on_submit():
        try:
            tag = actions.add_tag(current_user, form.word.data or "", form.description.data or "")
            return _done(tag.slug, "The tag can be used from now on.")
        except Taken as problem:
            form.word.errors = [str(problem)]
    return form.page("admin/tags.html", tags=all_tags())


@bp.route("/tags/<slug>", methods=["GET", "POST"])
@seldom
def tag(slug: str) -> Any:
    """One tag, and what it is for."""
    found = _found(slug)
    form = DescriptionForm(description=found.description)
    if form.validate_on_submit():
        actions.describe(current_user, found, form.description.data or "")
        return _done(slug, "The tag is described anew.")
    return _page(found, form, WordForm(formdata=None))


@bp.post("/tags/<slug>/words")
@seldom
def add_word(slug: str) -> Any:
    """Another word for it."""
    found, form = _found(slug), WordForm()
    if form.validate():
        try:
            actions.add_synonym(current_user, found, form.word.data or "")
            return _done(slug, "The word leads to this tag now.")
        except Taken as problem:
            form.word.errors = [str(problem)]
    return _page(found, DescriptionForm(formdata=None, description=found.description), form)


@bp.post("/tags/<slug>/remove")
@seldom
def remove_word(slug: str) -> Any:
    """A word less."""
    found = _found(slug)
    synonym = next((one for one in found.synonyms if str(one.id) == request.form.get("number")), None)
    if synonym is not None:
        actions.drop_synonym(current_user, found, synonym)
    return _done(slug, "Removed." if synonym is not None else "That was gone already.")


@bp.post("/tags/<slug>/retire")
@seldom
def retire_tag(slug: str) -> Any:
    """Offer it no more, or again."""
    found, retired = _found(slug), request.form.get("do") == "retire"
    actions.retire(current_user, found, retired=retired)
    return _done(slug, "It is not offered for new texts any more." if retired else "It is offered again.")


@bp.route("/tags/<slug>/merge", methods=["GET", "POST"])
@seldom
def merge_tag(slug: str) -> Any:
    """Say into which tag; see how many texts go along; do it."""
    old = _found(slug)
    form, carried = TagMergeForm(old), how_many_carry(old.id)
    if not form.validate_on_submit() or form.found is None:
        return form.page("admin/merge_tag.html", old=old, carried=carried, into=None)
    into = form.found
    if request.form.get("do") != f"merge into {into.id}":
        return form.page("admin/merge_tag.html", old=old, carried=carried, into=into)
    actions.merge(current_user, old, into, carried=carried, reason=form.why())
    return _done(into.slug, f"Merged. “{slug}” leads to “{into.slug}” now.")


@bp.route("/tags/<slug>/delete", methods=["GET", "POST"])
@seldom
def end_tag(slug: str) -> Any:
    """Take one away that nothing carries."""
    found, form = _found(slug), ReasonForm()
    carried = how_many_carry(found.id)
    if not carried and form.validate_on_submit():
        actions.end_tag(current_user, found, reason=form.why())
        db.session.commit()
        flash("The tag is gone.")
        return redirect(url_for(".tags"))
    page, status = form.page("admin/end_tag.html", tag=found, carried=carried)
    return page, 422 if request.method == "POST" else status


def _found(slug: str) -> Tag:
    """The tag; of a word that leads to one, the one it leads to."""
    if (meant := tag_behind(slug)) is not None:
        abort(redirect(url_for(".tag", slug=meant.slug)))
    found: Tag = db.first_or_404(tag_called(slug))
    return found


def _done(slug: str, words: str) -> Any:
    db.session.commit()
    flash(words)
    return redirect(url_for(".tag", slug=slug))


def _page(found: Tag, form: DescriptionForm, word: WordForm) -> Any:
    page = render_template("admin/tag.html", tag=found, form=form, word=word, carried=how_many_carry(found.id))
    return page, 422 if form.errors or word.errors else 200
