"""`forum check`: is everything that the site needs in order?"""

import sys

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from forum import jobs, mail, nodes, replica
from forum.admin.health import backup_problem, disk_problem, job_problems, mail_problem
from forum.admin.integrity import damage, key_problem
from forum.commands.context import in_app
from forum.db import db, reading
from forum.schema import migrations


@click.command()
@in_app(reading)
def check() -> None:
    """Check settings, keys, all of the database, jobs, mail, backups, disk and queue.

    The exit code is 1 when something is wrong.
    """
    click.echo("Settings: OK. Keys: present, and readable only by their owner.")
    if current_app.config["SITE_URL"].endswith("://forum.example"):
        click.echo("The address is still that of the example: see FORUM_SITE_URL.")
    database = _database_problem()
    results = [("Database", database)]
    if database is None:
        if current_app.config["REPLICA_URL"]:
            results.append(("Replica", _replica_problem()))
        results.append(("Other nodes", _node_problem()))
        results += [("Anonymity key", key_problem()), ("Jobs", "; ".join(job_problems()) or None)]
        results.append(("Waiting mail", mail_problem()))
    db.session.rollback()
    results += [("Backups", backup_problem()), ("Disk", disk_problem())]
    results += [("Mail", _transport_problem()), ("Queue", _queue_problem())]
    for part, problem in results:
        click.echo(f"{part}: {problem or _all_well(part)}")
    if any(problem for _, problem in results):
        sys.exit(1)


def _all_well(part: str) -> str:
    """Return what to print of a part without a problem."""
    if part == "Backups" and current_app.config["BACKUPS"] != "daily":
        return "OK, but none are scheduled: see FORUM_BACKUPS."
    if part == "Mail" and current_app.config["IS_PRODUCTION"] and current_app.config["MAIL_URL"].startswith("file:"):
        return "OK, but it goes to files and no one receives any: see FORUM_MAIL_URL."
    if part == "Other nodes" and nodes.differences():
        return "OK, but the node that started last runs another version. Install the same one on all and restart them."
    is_file, has_redis = db.engine.dialect.name == "sqlite", bool(current_app.config["REDIS_URL"])
    if part == "Database" and is_file and has_redis:
        return "OK, but it is a file, which only this machine can use: see FORUM_DATABASE_URL."
    if part == "Queue" and not is_file and not has_redis:
        return "OK, but the queue and the rate limits are those of this machine only: see FORUM_REDIS_URL."
    return "OK."


def _database_problem() -> str | None:
    try:
        current, pending, is_newer = migrations()
    except SQLAlchemyError as error:
        return f"can't be reached ({getattr(error, 'orig', error)}). Check FORUM_DATABASE_URL."
    if is_newer:
        return f"is from a newer version ({current}). Install that, or restore a backup."
    return "migrations are pending. Run: forum db upgrade" if pending else damage()


def _node_problem() -> str | None:
    names = [name for name in nodes.differences() if name != nodes.CODE]
    if not names:
        return None
    return (
        f"not the same as on the node that started last: {', '.join(names)}. Set the same value on all nodes, and "
        "restart those that had another one."
    )


def _replica_problem() -> str | None:
    problem = replica.problem_of(db.engine, db.engines[replica.NAME])
    return f"{problem}. The primary answers all requests meanwhile. Check FORUM_REPLICA_URL." if problem else None


def _transport_problem() -> str | None:
    problem = mail.transport_problem()
    return f"{problem}. Check FORUM_MAIL_URL." if problem else None


def _queue_problem() -> str | None:
    problem = jobs.queue_problem()
    return f"{problem}. Check FORUM_REDIS_URL." if problem else None
