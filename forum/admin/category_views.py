"""Categories: their names and their order."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.admin import tag_actions as actions
from forum.admin.member_forms import ReasonForm
from forum.admin.tag_forms import CategoryForm
from forum.admin.vendor_queries import is_category_empty, vendor_counts
from forum.admin.views import bp, ADMIN_WRITES
from forum.db import db
from forum.vendors.models import Category
from forum.vendors.queries import categories as all_categories
from forum.vendors.queries import category_by_slug


@bp.route("/categories", methods=["GET", "POST"])
@ADMIN_WRITES
def categories() -> Any:
    """Every category in its order, and a new one."""
    form, known = CategoryForm(), list(all_categories())
    if form.validate_on_submit():
        try:
            actions.add_category(current_user, form.cleaned_name(), known)
            return _done("The category is there.")
        except ValueError as problem:
            form.name.errors = [str(problem)]
    return form.render("admin/categories.html", categories=known, use=vendor_counts())


@bp.route("/categories/<slug>", methods=["GET", "POST"])
@ADMIN_WRITES
def category(slug: str) -> Any:
    """Call one otherwise."""
    found = _found(slug)
    form = CategoryForm(name=found.name)
    if form.validate_on_submit():
        actions.rename_category(current_user, found, form.cleaned_name())
        return _done("The category has another name. Its address stays.")
    return form.render("admin/category.html", category=found)


@bp.post("/categories/<slug>/move")
@ADMIN_WRITES
def move_category(slug: str) -> Any:
    """One place up or down."""
    found = _found(slug)
    actions.move_category(current_user, found, list(all_categories()), -1 if request.form.get("intent") == "up" else 1)
    return _done("The order is changed.")


@bp.route("/categories/<slug>/delete", methods=["GET", "POST"])
@ADMIN_WRITES
def delete_category(slug: str) -> Any:
    """Take one away that is empty."""
    found, form = _found(slug), ReasonForm()
    empty = is_category_empty(found)
    if empty and form.validate_on_submit():
        actions.delete_category(current_user, found, reason=form.reason_text())
        return _done("The category is gone.")
    page = render_template("admin/delete_category.html", category=found, empty=empty, form=form)
    return page, 422 if request.method == "POST" else 200


def _found(slug: str) -> Category:
    found: Category = db.first_or_404(category_by_slug(slug))
    return found


def _done(words: str) -> Any:
    db.session.commit()
    flash(words)
    return redirect(url_for(".categories"))
