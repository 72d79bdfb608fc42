"""Categories of vendors: their names and their order."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.admin import category_actions as actions
from forum.admin.member_forms import ReasonForm
from forum.admin.tag_forms import CategoryForm
from forum.admin.vendor_queries import is_category_empty, vendor_counts
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.vendors.models import Category
from forum.vendors.queries import categories as all_categories
from forum.vendors.queries import category_by_slug


@bp.route("/categories", methods=["GET", "POST"])
@ADMIN_WRITES
def categories() -> ResponseReturnValue:
    """List the categories in their order, and create one."""
    form, existing = CategoryForm(), list(all_categories())
    if form.validate_on_submit():
        try:
            actions.add_category(current_user, form.cleaned_name(), existing)
            return _saved("Category created.")
        except ValueError as error:
            form.name.errors = [str(error)]
    return form.render("admin/categories.html", categories=existing, counts=vendor_counts())


@bp.route("/categories/<slug>", methods=["GET", "POST"])
@ADMIN_WRITES
def category(slug: str) -> ResponseReturnValue:
    """Rename a category."""
    category = _category(slug)
    form = CategoryForm(name=category.name)
    if form.validate_on_submit():
        actions.rename_category(current_user, category, form.cleaned_name())
        return _saved("Name changed. The web address stays the same.")
    return form.render("admin/category.html", category=category)


@bp.post("/categories/<slug>/move")
@ADMIN_WRITES
def move_category(slug: str) -> ResponseReturnValue:
    """Move a category up or down."""
    offset = -1 if request.form.get("intent") == "up" else 1
    actions.move_category(current_user, _category(slug), list(all_categories()), offset)
    return _saved("Order changed.")


@bp.route("/categories/<slug>/delete", methods=["GET", "POST"])
@ADMIN_WRITES
def delete_category(slug: str) -> ResponseReturnValue:
    """Delete an empty category."""
    category, form = _category(slug), ReasonForm()
    is_empty = is_category_empty(category)
    if is_empty and form.validate_on_submit():
        actions.delete_category(current_user, category, reason=form.reason_text())
        return _saved("Category deleted.")
    page = render_template("admin/delete_category.html", category=category, is_empty=is_empty, form=form)
    return page, 422 if request.method == "POST" else 200


def _category(slug: str) -> Category:
    category: Category = db.first_or_404(category_by_slug(slug))
    return category


def _saved(message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message)
    return redirect(url_for(".categories"))
