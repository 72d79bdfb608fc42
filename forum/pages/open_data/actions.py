"""Make the files of the open data of all vendors, and store them for every process and machine."""

import gzip
from typing import Literal

from flask import current_app

from forum.db import db, reading
from forum.pages.open_data.export import csv_text, json_document
from forum.pages.open_data.models import OpenDataFile
from forum.pages.open_data.queries import published_snapshots
from forum.vendors.queries import tier_names

FileFormat = Literal["csv", "json"]
FILE_FORMATS: tuple[FileFormat, ...] = ("csv", "json")


def make_file(file_format: FileFormat) -> bytes:
    """Return all published figures in a format, compressed: the same bytes for the same figures."""
    rows, names = published_snapshots(), tier_names()
    if file_format == "csv":
        content = csv_text(rows, names)
    else:
        content = current_app.json.dumps(json_document(rows, names), separators=(",", ":")) + "\n"
    return gzip.compress(content.encode(), 6, mtime=0)


def make_all_files() -> dict[FileFormat, bytes]:
    """Return the file of each format. Nobody waits meanwhile: it reads in a transaction that writes nothing."""
    with reading():
        files = {file_format: make_file(file_format) for file_format in FILE_FORMATS}
        db.session.rollback()
    return files


def store_files(files: dict[FileFormat, bytes]) -> None:
    """Store those files that differ from the stored ones. The caller holds the lock "open data"."""
    for file_format, content in files.items():
        row = db.session.get(OpenDataFile, file_format)
        if row is None:
            db.session.add(OpenDataFile(file_format=file_format, content=content))
        elif row.content != content:
            row.content = content
    db.session.flush()
