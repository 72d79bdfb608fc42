"""Make the files of the open data of all vendors, and store them for every process and machine."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Literal

from flask import current_app

from forum.db import db, reading
from forum.pages.open_data.export import csv_text, json_document
from forum.pages.open_data.models import OpenDataFile
from forum.pages.open_data.queries import published_snapshots
from forum.vendors.queries import tier_names

FileFormat = Literal["csv", "json"]
PIECE, PACKED_PIECE = 64 * 1024, 8 * 1024
GZIP_FORMAT = 16  # zlib's number for a file with the header and the checksum of gzip
FILE_FORMATS: tuple[FileFormat, ...] = ("csv", "json")


def make_file(file_format: FileFormat) -> bytes:
    """Return all published figures in a format, compressed: the same bytes for the same figures."""
    rows, names = published_snapshots(), tier_names()
    if file_format == "csv":
        content = csv_text(rows, names)
    else:
        content = current_app.json.dumps(json_document(rows, names), separators=(",", ":")) + "\n"
    return gzip.compress(content.encode(), 6, mtime=0)


def decompressed(content: bytes) -> Iterator[bytes]:
    """Yield a file's content in pieces of at most PIECE bytes: ten megabytes at once would be too much memory."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | GZIP_FORMAT)
    for start in range(0, len(content), PACKED_PIECE):
        packed = content[start : start + PACKED_PIECE]
        while packed:
            if piece := unpacker.decompress(packed, PIECE):
                yield piece
            packed = unpacker.unconsumed_tail
    if last_piece := unpacker.flush():
        yield last_piece


def size_of(content: bytes) -> int:
    """Return how many bytes a compressed file has when it is not, as its last four bytes say."""
    return int.from_bytes(content[-4:], "little")


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
