"""The legal pages: as they are now, and their earlier versions."""

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from forum.access import can_administer
from forum.legal.models import PAGE_KINDS, PAGE_RULE
from forum.legal.queries import legal_text, legal_versions, missing_pages
from forum.templating import current_reader
from forum.urls import whole_number

bp = Blueprint("legal", __name__)
VERSIONS_ON_PAGE = 10


def missing_for_reader() -> list[str]:
    """Return the required pages that are empty or have gaps: admins of a public site are warned. A template global."""
    is_public = current_app.config.get("IS_PRODUCTION", False)
    return missing_pages() if is_public and can_administer(current_reader()) else []


@bp.get(f"/legal/<{PAGE_RULE}>")
def show(page: str) -> ResponseReturnValue:
    """Show a legal page."""
    version = legal_text(page)
    if version is None or not version.body:
        abort(404)
    return render_template("legal/show.html", page=page, kind=PAGE_KINDS[page], version=version)


@bp.get(f"/legal/<{PAGE_RULE}>/versions")
def versions(page: str) -> ResponseReturnValue:
    """Show the versions of a legal page, the latest first."""
    rows = legal_versions(page, whole_number(request.args.get("before")), VERSIONS_ON_PAGE + 1)
    if not rows:
        abort(404)
    return render_template(
        "legal/versions.html",
        page=page,
        kind=PAGE_KINDS[page],
        versions=rows[:VERSIONS_ON_PAGE],
        next_before=rows[VERSIONS_ON_PAGE - 1].id if len(rows) > VERSIONS_ON_PAGE else None,
    )
