"""`forum move`: put a site's data on another kind of database."""

from pathlib import Path

import click
from flask import current_app
from sqlalchemy.exc import DBAPIError

from forum import schema
from forum.backup.moving import check_source, check_target, move_rows
from forum.commands.context import in_app
from forum.db import db, writing
from forum.search.actions import fill_index


@click.group("move")
def move() -> None:
    """Move the site's data to another kind of database."""


@move.command("sqlite-to-postgresql")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--yes", is_flag=True, help="Don't ask.")
@in_app(writing)
def sqlite_to_postgresql(file: Path | None, yes: bool) -> None:
    """Move everything from the SQLite database FILE to the empty PostgreSQL database of FORUM_DATABASE_URL.

    FILE is by default forum.sqlite in the instance folder; it stays as it is. Stop the site first.
    """
    file = file or current_app.config["INSTANCE"] / "forum.sqlite"
    try:
        contents = _checked(file)
        click.echo(f"{file} holds {contents}.")
        if not yes:
            click.confirm("Move it to PostgreSQL?", abort=True)
        schema.upgrade()
        db.session.remove()
        moved = move_rows(file, fill_index)
    except DBAPIError as error:
        reason = getattr(getattr(error.orig, "diag", None), "message_primary", None) or error.orig
        raise click.ClickException(f"Nothing was moved: {reason}") from None
    except (OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"PostgreSQL holds {moved.summary()}. The counts of every table agree.")
    click.echo("Next, run forum check and start the site. Delete the SQLite file when all works: it holds everything.")


def _checked(file: Path) -> str:
    """Return what is to be moved, in words. Raises OSError or RuntimeError when it can't be."""
    check_target()
    if not file.exists():
        raise FileNotFoundError(f"There is no database {file}. Say which: forum move sqlite-to-postgresql FILE")
    return check_source(file).summary()
