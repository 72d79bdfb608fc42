"""Categories: their names and their order."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.admin import tag_actions as actions
from forum.admin.member_forms import ReasonForm
from forum.admin.tag_forms import CategoryForm
from forum.admin.vendor_queries import category_empty, category_use
from forum.admin.views import bp, seldom
from forum.db import db
from forum.vendors.models import Category
from forum.vendors.queries import categories as all_categories
from forum.vendors.queries import category_called


@bp.route("/categories", methods=["GET", "POST"])
@seldom
def categories() -> Any:
    """Every category in its order, and a new one."""
    form, known = CategoryForm(), list(all_categories())
    if form.validate_on_submit():
        try:
            actions.add_category(current_user, form.one_line(), known)
            return _done("The category is there.")
        except ValueError as problem:
            form.name.errors = [str(problem)]
    return form.page("admin/categories.html", categories=known, use=category_use())


@bp.route("/categories/<slug>", methods=["GET", "POST"])
@seldom
def category(slug: str) -> Any:
    """Call one otherwise."""
    found = _found(slug)
    form = CategoryForm(name=found.name)
    if form.validate_on_submit():
        actions.rename_category(current_user, found, form.one_line())
        return _done("The category has another name. Its address stays.")
    return form.page("admin/category.html", category=found)


@bp.post("/categories/<slug>/move")
@seldom
def move_category(slug: str) -> Any:
    """One place up or down."""
    found = _found(slug)
    actions.move_category(current_user, found, list(all_categories()), -1 if request.form.get("do") == "up" else 1)
    return _done("The order is changed.")


@bp.route("/categories/<slug>/delete", methods=["GET", "POST"])
@seldom
def end_category(slug: str) -> Any:
    """Take one away that is empty."""
    found, form = _found(slug), ReasonForm()
    empty = category_empty(found)
    if empty and form.validate_on_submit():
        actions.end_category(current_user, found, reason=form.why())
        return _done("The category is gone.")
    page = render_template("admin/end_category.html", category=found, empty=empty, form=form)
    return page, 422 if request.method == "POST" else 200


def _found(slug: str) -> Category:
    found: Category = db.first_or_404(category_called(slug))
    return found


def _done(words: str) -> Any:
    db.session.commit()
    flash(words)
    return redirect(url_for(".categories"))
