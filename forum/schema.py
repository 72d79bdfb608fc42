"""Migrations: how far the database is, compared with what this version of the program knows, and applying them.

Alembic is imported only to change the schema: it needs 12 MB of memory.
"""

import re
from functools import cache
from typing import NamedTuple

from sqlalchemy import inspect
from sqlalchemy import text as sql

from forum.db import db, package_folder

# In a file of migrations/versions: its name, and that of the revision before it.
REVISION = re.compile(r'^revision = "(\w+)"\ndown_revision = (?:None|"(\w+)")$', re.M)


class Migrations(NamedTuple):
    """The database's revision, and the revisions still to be applied, the next first."""

    current: str
    pending: list[str]
    # Whether a newer version of the program has migrated the database.
    is_newer: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the database has no tables of this program."""
        return self.current == ""


def migrations() -> Migrations:
    """Return the database's revision, and those that `forum db upgrade` would apply."""
    with db.engine.connect() as connection:
        is_new = not inspect(connection).has_table("alembic_version")
        heads = [] if is_new else connection.scalars(sql("SELECT version_num FROM alembic_version")).all()
    return migrations_from(", ".join(heads))


def migrations_from(current: str) -> Migrations:
    """Return the same for a database that stands at this revision ("" for none)."""
    names = list(_revisions())
    if current and current not in names:
        return Migrations(current, [], is_newer=True)
    return Migrations(current, names[names.index(current) + 1 :] if current else names)


@cache
def _revisions() -> tuple[str, ...]:
    """Return all revisions in order. Alembic would load every file for this and keep it in memory."""
    files = [path.read_text(encoding="utf-8") for path in package_folder("migrations").glob("versions/*.py")]
    following = {down: revision for source in files for revision, down in REVISION.findall(source)}
    names: list[str] = []
    while revision := following.get(names[-1] if names else ""):
        names.append(revision)
    return tuple(names)


def upgrade(revision: str = "head") -> None:
    """Apply the migrations up to a revision."""
    import flask_migrate

    flask_migrate.upgrade(revision=revision)


def downgrade(revision: str) -> None:
    """Take back the migrations after a revision, or as many as "-1" says."""
    import flask_migrate

    flask_migrate.downgrade(revision=revision)


def write_migration(message: str) -> None:
    """For developers: write a migration for changed models."""
    import flask_migrate

    flask_migrate.migrate(message=message)
