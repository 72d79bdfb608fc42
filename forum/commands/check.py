"""`forum check`: is everything that the site needs in order?"""

import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from forum import anonymity, jobs, mail
from forum.accounts.queries import sealed_secrets
from forum.admin.health import migrations
from forum.commands.context import in_app
from forum.db import reading
from forum.ratings.actions import ORGANISATION_SEAL_PURPOSE
from forum.ratings.queries import organisation_seals

# How many seals of each kind are tried with the anonymity keys.
SAMPLE_SIZE = 500


@click.command()
@in_app(reading)
def check() -> None:
    """Check settings, keys, database, mail and queue. The exit code is 1 when something is wrong."""
    click.echo("Settings: OK. Keys: present, and readable only by their owner.")
    database = _database_problem()
    results = [("Database", database), ("Mail", _mail_problem()), ("Queue", _queue_problem())]
    if database is None:
        results.append(("Anonymity key", key_problem()))
    for part, problem in results:
        click.echo(f"{part}: {problem or 'OK.'}")
    if any(problem for _, problem in results):
        sys.exit(1)


def _database_problem() -> str | None:
    try:
        pending = migrations().pending
    except SQLAlchemyError as error:
        return f"can't be reached ({getattr(error, 'orig', error)}). Check FORUM_DATABASE_URL."
    return "migrations are pending. Run: forum db upgrade" if pending else None


def _mail_problem() -> str | None:
    problem = mail.transport_problem()
    return f"{problem}. Check FORUM_MAIL_URL." if problem else None


def _queue_problem() -> str | None:
    problem = jobs.queue_problem()
    return f"{problem}. Check FORUM_REDIS_URL." if problem else None


def key_problem() -> str | None:
    """Return a message when the keys don't open a sample of what the database has sealed."""
    seals = [(anonymity.SECRET_PURPOSE, row.secret_seal or "") for row in sealed_secrets(SAMPLE_SIZE)]
    seals += [(ORGANISATION_SEAL_PURPOSE, seal) for seal in organisation_seals(SAMPLE_SIZE)]
    failures = sum(anonymity.unseal(purpose, seal) is None for purpose, seal in seals)
    if not failures:
        return None
    return (
        f"does not open {failures} of {len(seals)} seals. Put the former key into FORUM_OLD_ANONYMITY_KEYS. "
        "Without it, anonymous texts stay readable, but their authors lose them: they can't edit, delete or list "
        "them, sanctions don't reach the authors, scheduled texts never appear, members can rate twice, and "
        "colleagues count as several companies."
    )
