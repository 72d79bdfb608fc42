"""Open data: the published figures as CSV and JSON."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template
from flask_login import current_user

from forum.pages.open_data.export import COLUMNS, LICENCE, LICENCE_URL, json_document, csv_rows
from forum.ratings.queries import SITE, published_snapshots, current_snapshot
from forum.vendors.lookup import vendor_or_404
from forum.vendors.queries import tier_names

bp = Blueprint("data", __name__, url_prefix="/data")


@bp.get("")
def index() -> str:
    """What there is, in which form, and under which licence."""
    return render_template("pages/data.html", site=current_snapshot(SITE), licence=LICENCE, licence_url=LICENCE_URL)


@bp.get("/vendors.json")
def vendors_json() -> Any:
    """Every published snapshot."""
    return jsonify(json_document(published_snapshots(), tier_names()))


@bp.get("/vendors.csv")
def vendors_csv() -> Response:
    """Every published snapshot, one row a measure."""
    return _csv(published_snapshots(), "vendors")


@bp.get("/vendors/<slug>.json")
def vendor_json(slug: str) -> Any:
    """One vendor's snapshot."""
    return jsonify(json_document(_of(slug), tier_names()))


@bp.get("/vendors/<slug>.csv")
def vendor_csv(slug: str) -> Response:
    """One vendor's snapshot, one row a measure."""
    return _csv(_of(slug), slug)


def _of(slug: str) -> Sequence[Any]:
    rows = published_snapshots(slug)
    if not rows:
        vendor_or_404(slug, current_user)  # one that was merged leads to where its figures are
        abort(404)
    return rows


def _csv(rows: Sequence[Any], name: str) -> Response:
    told, names = io.StringIO(), tier_names()
    writer = csv.DictWriter(told, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerows(csv_rows(row, names))
    headers = {
        "Content-Disposition": f'attachment; filename="full-duplex-{name}.csv"',
        "Link": f"<{LICENCE_URL}>; rel=license",
    }
    return Response(told.getvalue(), mimetype="text/csv", headers=headers)
