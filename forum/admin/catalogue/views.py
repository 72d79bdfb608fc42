"""Exporting and importing the catalogue as CSV, with a look at what would change first."""

import zlib
from base64 import b64decode, b64encode
from itertools import chain

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField, FileField, HiddenField

from forum.access import can_administer
from forum.admin.catalogue.actions import Report, import_catalogue, preview_import
from forum.admin.catalogue.export import export_pieces
from forum.admin.catalogue.files import COLUMNS, MAX_FILE_BYTES, MAX_ROWS, FileErrors
from forum.admin.vendor_forms import DOMAIN_RELATIONS
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.forms import Form
from forum.gateway import STREAMED
from forum.vendors.queries import categories
from forum.web import permission_required

MAX_SHOWN_ERRORS = 100


class ImportForm(Form):
    """A CSV file. `packed` is the file that was shown, and `fingerprint` what it would change."""

    file = FileField("CSV file")
    has_trend_notes = BooleanField("Show changed requirements in the public trend")
    packed = HiddenField()
    fingerprint = HiddenField()

    def content(self) -> bytes:
        """Return the uploaded file, or the one that was shown; empty without any."""
        upload = request.files.get("file")
        data = upload.read(MAX_FILE_BYTES + 1) if upload is not None else b""
        return data or _unpack(self.packed.data or "")


@bp.get("/catalogue.csv")
@permission_required(can_administer)
def export_vendors() -> ResponseReturnValue:
    """Download the catalogue."""
    headers = {"Content-Disposition": 'attachment; filename="catalogue.csv"', "Cache-Control": "no-store"}
    request.environ[STREAMED] = True
    return Response(chain(["\ufeff"], export_pieces()), mimetype="text/csv", headers=headers)


@bp.route("/catalogue", methods=["GET", "POST"])
@permission_required(can_administer)
@ADMIN_WRITES
def import_vendors() -> ResponseReturnValue:
    """Show what a file would change, then change it."""
    form = ImportForm()
    if not form.validate_on_submit():
        return _page(form)
    data, has_trend_notes = form.content(), bool(form.has_trend_notes.data)
    form.packed.data = _pack(data)
    if not data or len(data) > MAX_FILE_BYTES:
        form.packed.data = ""
        message = f"Choose a file of at most {MAX_FILE_BYTES // 1000} KB." if data else "Choose a CSV file."
        form.file.errors = [message]
        return _page(form)
    try:
        if request.form.get("intent") == "apply" and (report := _apply(data, form)) is not None:
            return _applied(report)
        report = preview_import(data, has_trend_notes=has_trend_notes)
    except FileErrors as error:
        db.session.rollback()
        form.packed.data = ""
        return _page(form, errors=error.errors[:MAX_SHOWN_ERRORS], error_count=len(error.errors))
    is_stale = request.form.get("intent") == "apply"
    form.fingerprint.data = report.fingerprint()
    return _page(form, report=report, is_stale=is_stale)


def _apply(data: bytes, form: ImportForm) -> Report | None:
    """Import and commit; None, with nothing changed, when it is no longer what was shown."""
    report = import_catalogue(data, current_user, has_trend_notes=bool(form.has_trend_notes.data))
    if report.fingerprint() != form.fingerprint.data:
        db.session.rollback()
        return None
    db.session.commit()
    return report


def _applied(report: Report) -> ResponseReturnValue:
    flash(f"Imported: {report.summary()}." if report.changes else "Nothing was changed.")
    return redirect(url_for(".vendors"))


def _page(form: ImportForm, **values: object) -> ResponseReturnValue:
    page, status = form.render(
        "admin/catalogue/import.html",
        columns=COLUMNS,
        max_rows=MAX_ROWS,
        max_kilobytes=MAX_FILE_BYTES // 1000,
        relations=DOMAIN_RELATIONS,
        categories=categories(),
        **values,
    )
    return page, 422 if values.get("errors") else 409 if values.get("is_stale") else status


def _pack(data: bytes) -> str:
    return b64encode(zlib.compress(data, 9)).decode()


def _unpack(packed: str) -> bytes:
    """Return a packed file; one that is damaged or unpacks to more than a file may have is none."""
    try:
        return zlib.decompressobj().decompress(b64decode(packed, validate=True), MAX_FILE_BYTES + 1)
    except (ValueError, zlib.error):
        return b""
