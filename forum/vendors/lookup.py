"""Look up the vendor that a URL names."""

from urllib.parse import urlencode

from flask import abort, redirect, request, url_for

from forum.access import can_see_vendor
from forum.accounts.models import Member
from forum.config import SAFE_METHODS
from forum.db import db
from forum.vendors.models import Vendor
from forum.vendors.queries import vendor_by_slug


def vendor_or_404(slug: str, viewer: Member) -> Vendor:
    """Return the vendor, in three queries. Abort with 404 for those who may not see it, and redirect if it was merged.

    A merged vendor's URL leads to the same page of the other vendor.
    """
    vendor: Vendor = db.first_or_404(vendor_by_slug(slug))
    if vendor.merged_into_id is not None:
        into = db.session.get_one(Vendor, vendor.merged_into_id)
        path = url_for(str(request.endpoint), **{**(request.view_args or {}), "slug": into.slug})
        query = urlencode(list(request.args.items(multi=True)))
        code = 301 if request.method in SAFE_METHODS else 308
        abort(redirect(f"{path}?{query}" if query else path, code))
    if not can_see_vendor(viewer, vendor):
        abort(404)
    return vendor
