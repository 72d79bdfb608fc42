"""Edit the legal pages: imprint, privacy, terms, contact."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_administer
from forum.admin.legal_forms import LegalTextForm
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.legal.actions import NewerVersion, save_legal_text
from forum.legal.models import PAGE_KINDS, PAGE_RULE
from forum.legal.queries import legal_text, missing_pages, written_pages
from forum.moderation.log.actions import log_change
from forum.site import site_name
from forum.urls import whole_number
from forum.web import permission_required


@bp.get("/legal")
@permission_required(can_administer)
def legal_pages() -> str:
    """List the legal pages."""
    return render_template("admin/legal_pages.html", missing=missing_pages(), written=written_pages())


@bp.route(f"/legal/<{PAGE_RULE}>", methods=["GET", "POST"])
@permission_required(can_administer)
@ADMIN_WRITES
def legal_page(page: str) -> ResponseReturnValue:
    """Edit a legal page."""
    current = legal_text(page)
    form = LegalTextForm(body=current.body if current else "", version=current.id if current else "")
    if request.form.get("intent") == "template":
        form.body.data = template_of(page)
        return _render(page, form)
    newer = None
    if form.validate_on_submit():
        try:
            version = save_legal_text(page, form.body.data or "", based_on=whole_number(str(form.version.data)))
        except NewerVersion as error:
            newer, form.version.data = error.version, error.version.id
        else:
            return _saved(page, is_new=version is not None)
    return _render(page, form, newer)


def template_of(page: str) -> str:
    """Return a text to start from, with what the software stores and blanks for what it can't know."""
    words = {"site_url": current_app.config["SITE_URL"], "site_name": site_name()}
    return render_template(f"legal/{page}.txt", **words)


def _saved(page: str, *, is_new: bool) -> ResponseReturnValue:
    if is_new:
        log_change(current_user, "legal_page", facts=f"{PAGE_KINDS[page].title}: changed")
    db.session.commit()
    flash("Saved. The page and the link to it are updated." if is_new else "Nothing was changed.")
    return redirect(url_for(".legal_pages"))


def _render(page: str, form: LegalTextForm, newer: object = None) -> ResponseReturnValue:
    rendered, status = form.render("admin/legal_page.html", page=page, kind=PAGE_KINDS[page], newer=newer)
    return rendered, 409 if newer else status
