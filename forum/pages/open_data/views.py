"""Open data: the published figures as CSV and JSON."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import ServiceUnavailable

from forum.gateway import STREAMED
from forum.headers import etag_of
from forum.page_cache import keep_page
from forum.pages.open_data.actions import FileFormat, decompressed, make_file, size_of
from forum.pages.open_data.export import LICENCE, LICENCE_URL, csv_text, json_document
from forum.pages.open_data.queries import OpenDataRow, has_many_published_vendors, published_snapshots, stored_file
from forum.pages.ranking.rankings import all_vendor_scores
from forum.ratings.queries import SITE, current_snapshot
from forum.vendors.lookup import vendor_or_404
from forum.vendors.queries import tier_names

bp = Blueprint("data", __name__, url_prefix="/data")
RETRY_AFTER = 600  # seconds between two runs of the job


@bp.get("")
def index() -> ResponseReturnValue:
    """Say which data there are, in which formats, and under which licence."""
    keep_page()
    return render_template("pages/data.html", site=current_snapshot(SITE), licence=LICENCE, licence_url=LICENCE_URL)


@bp.get("/vendors.json")
def vendors_json() -> ResponseReturnValue:
    """Return all published snapshots."""
    return _file_response("json")


@bp.get("/vendors.csv")
def vendors_csv() -> ResponseReturnValue:
    """Return all published snapshots, one row per measure."""
    return _file_response("csv")


@bp.get("/vendors/<slug>.json")
def vendor_json(slug: str) -> ResponseReturnValue:
    """Return one vendor's snapshot."""
    return jsonify(json_document(_snapshots_or_404(slug), tier_names(slug)))


@bp.get("/vendors/<slug>.csv")
def vendor_csv(slug: str) -> ResponseReturnValue:
    """Return one vendor's snapshot, one row per measure."""
    return _csv_response(csv_text(_snapshots_or_404(slug), tier_names(slug)), slug)


def _snapshots_or_404(slug: str) -> Sequence[OpenDataRow]:
    rows = published_snapshots(slug)
    if not rows:
        vendor_or_404(slug, current_user)  # a merged vendor redirects to the vendor that has its figures
        abort(404)
    return rows


def _file_response(file_format: FileFormat) -> Response:
    """Return the file of all vendors. In a large community a job writes it: ten megabytes, which take a second."""
    content = stored_file(file_format) if has_many_published_vendors() else _small_file(file_format)
    if content is None:
        raise ServiceUnavailable("The file of all vendors is not ready yet.", retry_after=RETRY_AFTER)
    response = _csv_response("", "vendors") if file_format == "csv" else Response(mimetype="application/json")
    if request.accept_encodings.quality("gzip") > 0:
        response.set_data(content)
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{etag_of(content)}-gz")
    else:
        response.response = decompressed(content)
        response.content_length = size_of(content)
        response.set_etag(etag_of(content))
        request.environ[STREAMED] = True
    return response


def _small_file(file_format: FileFormat) -> bytes:
    """Return the file of a small community, made on demand and cached until a snapshot or a vendor changes."""
    scores = all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"])
    return scores.derive(("open data", file_format), lambda: make_file(file_format))


def _csv_response(content: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="full-duplex-{name}.csv"',
        "Link": f"<{LICENCE_URL}>; rel=license",
    }
    return Response(content, mimetype="text/csv", headers=headers)
