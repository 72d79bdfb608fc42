"""The vendor that an address of this site speaks of. One that went into another leads there."""

from typing import Any

from flask import abort, redirect, request, url_for

from forum.access import can_see_vendor
from forum.db import db
from forum.vendors.models import Vendor
from forum.vendors.queries import vendor_by_slug
from forum.urls import SAFE_METHODS


def vendor_or_404(slug: str, viewer: Any) -> Vendor:
    """The vendor with three queries, whatever it has; a 404 for whom may not see it, a redirect when it was merged."""
    found: Vendor = db.first_or_404(vendor_by_slug(slug))
    if found.merged_into_id is not None:
        into = db.session.get_one(Vendor, found.merged_into_id)
        values = {**request.args, **(request.view_args or {}), "slug": into.slug}
        abort(redirect(url_for(str(request.endpoint), **values), 301 if request.method in SAFE_METHODS else 308))
    if not can_see_vendor(viewer, found):
        abort(404)
    return found
