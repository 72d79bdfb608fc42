"""Scheduled job of the open data."""

from flask import current_app

from forum import versions
from forum.db import db, lock, writing
from forum.jobs import periodic
from forum.pages.open_data.actions import make_all_files, store_files

# By database, the version of the site at which this process last made the files.
_made_at: dict[str, tuple[int, ...]] = {}


@periodic(minute="*/10")
def refresh_open_data() -> None:
    """Write the files of all vendors' open data again if scores, vendors or anything like them have changed."""
    database = current_app.config["SQLALCHEMY_DATABASE_URI"]
    version = versions.current((versions.SITE,))  # before anything else is read
    if version is None or _made_at.get(database) == version:
        return
    files = make_all_files()
    with writing():
        lock("open data")
        # Another process may have made newer files meanwhile. The next run makes those of what changed.
        if versions.current((versions.SITE,)) == version:
            store_files(files)
            _made_at[database] = version
        db.session.commit()
