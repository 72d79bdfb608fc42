"""How far the database is migrated, compared with what this version of the program knows."""

from typing import NamedTuple

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from forum.db import db


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
        heads = MigrationContext.configure(connection).get_current_heads()
    return migrations_from(", ".join(heads))


def migrations_from(current: str) -> Migrations:
    """Return the same for a database that stands at this revision ("" for none)."""
    heads = [head for head in current.split(", ") if head]
    scripts = ScriptDirectory(current_app.extensions["migrate"].migrate.directory)
    if not set(heads) <= {script.revision for script in scripts.walk_revisions()}:
        return Migrations(current, [], is_newer=True)
    applied = {script.revision for head in heads for script in scripts.iterate_revisions(head, "base")}
    pending = [script.revision for script in scripts.walk_revisions() if script.revision not in applied]
    return Migrations(current, pending[::-1])
