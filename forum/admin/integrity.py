"""Is what is stored still whole: the pages of the database, and the key that opens what is sealed in it."""

from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from forum import anonymity
from forum.accounts.queries import sealed_secrets
from forum.db import db
from forum.ratings.actions import ORGANISATION_SEAL_PURPOSE
from forum.ratings.queries import organisation_seals

# How many seals of each kind are tried with the anonymity keys: by a command, and by a page, whose visitor waits.
SAMPLE_SIZE, PAGE_SAMPLE_SIZE = 500, 50


class DatabaseDamaged(Exception):
    """Part of the database can't be read as it was written."""


def damage() -> str | None:
    """Return what is damaged, or None. Reads all of it: SQLite's pages, or each value of PostgreSQL's rows."""
    try:
        if db.engine.dialect.name == "sqlite":
            finding = str(db.session.scalar(sql("PRAGMA quick_check(1)")))
            return None if finding == "ok" else f"damaged: {' '.join(finding.split())}"
        for table in db.metadata.sorted_tables:
            db.session.execute(sql(f'SELECT count(length(stored::text)) FROM "{table.name}" AS stored'))  # noqa: S608 - a name of ours
    except DBAPIError as error:
        db.session.rollback()
        return f"damaged: {type(error.orig).__name__}"
    return None


def key_problem(sample_size: int = SAMPLE_SIZE) -> str | None:
    """Return a message when the keys don't open a sample of what the database has sealed."""
    seals = [(anonymity.SECRET_PURPOSE, row.secret_seal) for row in sealed_secrets(sample_size) if row.secret_seal]
    seals += [(ORGANISATION_SEAL_PURPOSE, seal) for seal in organisation_seals(sample_size)]
    failures = sum(anonymity.unseal(purpose, seal) is None for purpose, seal in seals)
    if not failures:
        return None
    return (
        f"does not open {failures} of {len(seals)} seals. Put the former key into FORUM_OLD_ANONYMITY_KEYS. "
        "Without it, anonymous posts and replies can still be read, but their authors lose them: they can't edit, "
        "delete or list them, sanctions don't reach the authors, scheduled ones never appear, members can rate twice, "
        "and colleagues count as several companies."
    )
