"""Static files and their URLs."""

import hashlib
from functools import cache

from forum import db
from forum.urls import path_of


def asset(name: str) -> str:
    """Return a static file's URL, which changes when the file does."""
    return path_of("static", filename=name, v=_version_of(name))


@cache
def _version_of(name: str) -> str:
    return hashlib.sha256((db.package_folder("static") / name).read_bytes()).hexdigest()[:10]
