"""What every command needs: the application around it, and database errors turned into messages."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import DatabaseError, DBAPIError, ProgrammingError

from forum import create_app
from forum.config import SettingsError
from forum.db import db, is_locked
from forum.demo.actions import SIGN_INS
from forum.storage import UMASK, close_to_others, keep_temporary_files_in

P = ParamSpec("P")
Result = TypeVar("Result")
UnitOfWork = Callable[[], AbstractContextManager[None]]


def load_app() -> Flask:
    """Create the application. A bad setting ends the command with a message."""
    os.umask(UMASK)
    try:
        app = create_app()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    close_to_others(app.config["INSTANCE"])
    keep_temporary_files_in(app.config["INSTANCE"])
    return app


def in_app(unit_of_work: UnitOfWork) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Run a command inside the application, as `reading` or `writing`. A database error ends it with a message."""

    def decorate(command: Callable[P, Result]) -> Callable[P, Result]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> Result:
            with load_app().app_context():
                try:
                    with unit_of_work():
                        return command(*args, **kwargs)
                except DatabaseError as error:
                    raise click.ClickException(database_message(error)) from None
                finally:
                    db.session.remove()
                    db.engine.dispose()

        return run

    return decorate


def database_message(error: DBAPIError) -> str:
    """Return what went wrong with the database and what to do about it."""
    if is_locked(error):
        return "The database is busy: another process is writing to it. Try again in a moment."
    if isinstance(error, ProgrammingError) or "no such table" in str(error.orig):
        return f"The database is not up to date: {error.orig}. Run: forum db upgrade"
    return f"The database can't be reached: {error.orig}. Check FORUM_DATABASE_URL."


def print_demo_accounts() -> None:
    """Print e-mail addresses and passwords of the demo community's accounts."""
    for role, email, password in SIGN_INS:
        click.echo(f"  {role:<10} {email:<31} {password}")
