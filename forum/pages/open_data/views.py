"""Open data: the published figures as CSV and JSON."""

import csv
import gzip
import io
from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.page_cache import keep_page
from forum.pages.open_data.export import COLUMNS, LICENCE, LICENCE_URL, csv_rows, json_document
from forum.pages.open_data.queries import OpenDataRow, published_snapshots
from forum.pages.ranking.rankings import all_vendor_scores
from forum.ratings.queries import SITE, current_snapshot
from forum.vendors.lookup import vendor_or_404
from forum.vendors.queries import tier_names

bp = Blueprint("data", __name__, url_prefix="/data")


@bp.get("")
def index() -> ResponseReturnValue:
    """Say which data there are, in which formats, and under which licence."""
    keep_page()
    return render_template("pages/data.html", site=current_snapshot(SITE), licence=LICENCE, licence_url=LICENCE_URL)


@bp.get("/vendors.json")
def vendors_json() -> ResponseReturnValue:
    """Return all published snapshots."""
    return _made_once("json", lambda: jsonify(json_document(published_snapshots(), tier_names())))


@bp.get("/vendors.csv")
def vendors_csv() -> ResponseReturnValue:
    """Return all published snapshots, one row per measure."""
    return _made_once("csv", lambda: _csv_response(published_snapshots(), "vendors"))


@bp.get("/vendors/<slug>.json")
def vendor_json(slug: str) -> ResponseReturnValue:
    """Return one vendor's snapshot."""
    return jsonify(json_document(_snapshots_or_404(slug), tier_names(slug)))


@bp.get("/vendors/<slug>.csv")
def vendor_csv(slug: str) -> ResponseReturnValue:
    """Return one vendor's snapshot, one row per measure."""
    return _csv_response(_snapshots_or_404(slug), slug, tier_names(slug))


def _snapshots_or_404(slug: str) -> Sequence[OpenDataRow]:
    rows = published_snapshots(slug)
    if not rows:
        vendor_or_404(slug, current_user)  # a merged vendor redirects to the vendor that has its figures
        abort(404)
    return rows


def _made_once(key: str, build: Callable[[], Response]) -> Response:
    """Return the response. Its content is kept, compressed, as long as the ranking: until a snapshot or vendor changes.

    With a thousand vendors it is about ten megabytes, and making it takes a second.
    """
    scores = all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"])
    content, headers = scores.derive(("open data", key), lambda: _compressed(build()))
    response = Response(content, headers=headers)
    if request.accept_encodings.quality("gzip") > 0:
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.set_data(gzip.decompress(content))
    return response


def _compressed(response: Response) -> tuple[bytes, list[tuple[str, str]]]:
    names = ("Content-Type", "Content-Disposition", "Link")
    headers = [(name, response.headers[name]) for name in names if name in response.headers]
    return gzip.compress(response.get_data(), 6, mtime=0), headers


def _csv_response(rows: Sequence[OpenDataRow], name: str, names: Mapping[int, str] | None = None) -> Response:
    output, names = io.StringIO(), tier_names() if names is None else names
    writer = csv.DictWriter(output, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerows(csv_rows(row, names))
    headers = {
        "Content-Disposition": f'attachment; filename="full-duplex-{name}.csv"',
        "Link": f"<{LICENCE_URL}>; rel=license",
    }
    return Response(output.getvalue(), mimetype="text/csv", headers=headers)
