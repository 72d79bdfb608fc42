"""The `forum` command: serve, look after the database, move in, move out, check."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
import flask_migrate
from email_validator import EmailNotValidError, validate_email
from flask import Flask
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError, SQLAlchemyError

from forum import anonymity, create_app, jobs, mail, serving, text
from forum.accounts import passwords
from forum.accounts.actions import create_member
from forum.accounts.pseudonyms import MEMBER_PURPOSE
from forum.accounts.queries import count_members, member_by_email, member_seals
from forum.admin import member_actions
from forum.admin.health import migrations
from forum.backup import back_up
from forum.config import SettingsError
from forum.db import db, is_locked, reading, writing
from forum.demo.actions import SIGN_INS, fill
from forum.imports.actions import import_wordpress
from forum.imports.archive import export_to
from forum.posts.actions import rerender_outdated
from forum.ratings.actions import ORGANISATION_SEAL
from forum.ratings.queries import organisation_seals
from forum.ratings.scores.actions import publish

P = ParamSpec("P")
Result = TypeVar("Result")
UnitOfWork = Callable[[], AbstractContextManager[None]]


def in_app(unit_of_work: UnitOfWork) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Run a command inside the application, as `reading` or `writing`. A bad setting ends it with a message."""

    def decorate(command: Callable[P, Result]) -> Callable[P, Result]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> Result:
            with _app().app_context():
                try:
                    with unit_of_work():
                        return command(*args, **kwargs)
                except (OperationalError, ProgrammingError) as error:
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


def _app() -> Flask:
    try:
        return create_app()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from None


@click.group()
def main() -> None:
    """Full Duplex: a forum where IT service providers say what partner programmes are really like."""


@main.command()
@click.option("--demo", is_flag=True, help="Fill a new database with the demo community.")
def serve(demo: bool) -> None:
    """Migrate, then serve the site and run its jobs until stopped."""
    app = _app()
    settings = app.config["SETTINGS"]
    if problem := serving.cannot_bind(settings.host, settings.port):
        raise click.ClickException(f"{problem} Choose another with FORUM_PORT or FORUM_HOST.")
    if not serving.run_in_child(lambda: _make_ready(app, demo)):
        sys.exit(1)
    server = serving.web_server("forum:create_app", host=settings.host, port=settings.port, workers=settings.workers)
    sys.exit(serving.supervise(web=server.serve, jobs=lambda: _work(app)))


def _make_ready(app: Flask, demo: bool) -> None:
    with app.app_context(), writing():
        try:
            _upgrade()
            if demo and not count_members():
                click.echo("Filling the demo community ...")
                fill()
                db.session.commit()
            filled = member_by_email(SIGN_INS[0][1]) is not None
        except OperationalError as error:
            click.echo(database_message(error), err=True)
            sys.exit(1)
    _say_where(app, filled)


def _say_where(app: Flask, filled: bool) -> None:
    click.echo(f"\n{app.config['SITE_NAME']} is at {app.config['SITE_URL']}")
    if filled:
        click.echo("The demo community's sign-ins:")
        for role, email, password in SIGN_INS:
            click.echo(f"  {role:<10} {email:<28} {password}")
    click.echo(f"Mail goes to {_without_password(app.config['MAIL_URL'])}. Stop with Ctrl-C.\n")


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.split('://')[0]}://…@{after}" if at else url


@main.command()
def work() -> None:
    """Run the jobs: mail, and what is due by the clock. `forum serve` does this itself."""
    _work(_app())


def _work(app: Flask) -> None:
    # A job that is running when SIGTERM comes is finished first.
    jobs.queue_of(app).create_consumer(
        workers=1, periodic=True, initial_delay=0.2, max_delay=2, graceful_signal="TERM"
    ).run()


@main.group("db")
def database() -> None:
    """The database's shape."""


@database.command("upgrade")
@click.argument("revision", default="head")
@in_app(writing)
def upgrade(revision: str) -> None:
    """Bring the database to the newest shape, or to a revision."""
    _upgrade(revision)
    click.echo("The database is up to date.")


@database.command("downgrade")
@click.argument("revision", default="-1")
@in_app(writing)
def downgrade(revision: str) -> None:
    """Take the database one revision back, or to a named one."""
    flask_migrate.downgrade(revision=revision)


@database.command("revision")
@click.argument("message")
@in_app(writing)
def revision(message: str) -> None:
    """For developers: write a migration from what the models say now."""
    flask_migrate.migrate(message=message)


def _upgrade(revision: str = "head") -> None:
    flask_migrate.upgrade(revision=revision)


@main.command()
@in_app(writing)
def demo() -> None:
    """Fill an empty database with the demo community."""
    if count_members():
        raise click.ClickException("There are members here already. The demo community needs an empty database.")
    fill()
    db.session.commit()
    for role, email, password in SIGN_INS:
        click.echo(f"  {role:<10} {email:<28} {password}")


@main.group()
def admin() -> None:
    """Those who run the site."""


@admin.command("create")
@click.option("--name", prompt=True)
@click.option("--email", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="ADMIN_PASSWORD")
@in_app(writing)
def create(name: str, email: str, password: str) -> None:
    """Make an admin, who needs no mailed link."""
    try:
        email = validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as problem:
        raise click.ClickException(f"{email} is not an address: {problem}") from None
    if problem := passwords.password_error(password, personal=(name, email.split("@")[0])):
        raise click.ClickException(problem)
    if member_by_email(email):
        raise click.ClickException("There is an account with this address already.")
    create_member(name=name, email=email, password=password, role="admin")
    db.session.commit()
    click.echo(f"{name} is an admin now.")


@admin.command("reset-second-factor")
@click.argument("email")
@in_app(writing)
def reset_second_factor(email: str) -> None:
    """Turn off the second factor of somebody who lost it. Make sure who asks: their password then suffices."""
    member = member_by_email(email)
    if member is None:
        raise click.ClickException("There is no account with this address.")
    if not member_actions.reset_two_factor(member):
        raise click.ClickException(f"{member.name} has no second factor.")
    db.session.commit()
    click.echo(f"{member.name} signs in with the password only, and is signed out everywhere. The log has it.")


@main.group("scores")
def scoring() -> None:
    """Scores and their publication."""


@scoring.command("publish")
@in_app(writing)
def publish_now() -> None:
    """Publish every snapshot that may appear now. The job runner does this every night."""
    outcome = publish(commit=db.session.commit)
    db.session.commit()
    click.echo(outcome.text())


@main.group("import")
def importing() -> None:
    """Move in from elsewhere."""


@importing.command("wordpress")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--drafts", is_flag=True, help="Take what was not published too, hidden.")
@click.option("--dry-run", is_flag=True, help="Do everything, keep nothing, and report.")
@click.option("--invite", is_flag=True, help="Mail each author and commenter a link to claim their writing.")
@in_app(writing)
def wordpress(file: Path, drafts: bool, dry_run: bool, invite: bool) -> None:
    """A WordPress export (WXR): its posts with their comments. Running it again doubles nothing."""
    try:
        with click.progressbar(length=file.stat().st_size, label="Reading", file=sys.stderr) as bar:
            report = import_wordpress(
                file,
                drafts=drafts,
                dry_run=dry_run,
                progress=lambda done, total: bar.update(done - bar.pos),
                commit=db.session.commit,
                invite=invite,
            )
    except SQLAlchemyError as problem:
        kept = "Nothing was kept." if dry_run else "What is in stays. Run it again: nothing is doubled."
        raise click.ClickException(f"The database stopped: {getattr(problem, 'orig', problem)}. {kept}") from None
    click.echo(report.text())
    if report.failed:
        sys.exit(1)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@in_app(reading)
def export(file: Path) -> None:
    """Everything public as JSON Lines: to a file, or to standard output."""
    with click.open_file(str(file), "w", encoding="utf-8") as stream:
        rows = export_to(stream)
    click.echo(f"{rows:,} rows.", err=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@in_app(reading)
def backup(file: Path) -> None:
    """A copy of the whole database, while the site runs. Keep the keys in another place."""
    try:
        back_up(file)
    except (OSError, RuntimeError) as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"Written to {file}.")


@main.command()
@in_app(writing)
def render() -> None:
    """Render texts again that an older version rendered."""
    done = rerender_outdated(text.RENDER_VERSION)
    db.session.commit()
    click.echo(f"{done:,} texts rendered.")


@main.command()
@in_app(reading)
def check() -> None:
    """Whether settings, database, mail and queue are in order. Ends with 1 when something is not."""
    click.echo("Settings: read. Keys: present, and the owner's alone.")
    problems = 0
    database = _database_problem()
    tried = [("Database", database), ("Mail", _mail_problem()), ("Queue", _queue_problem())]
    if database is None:
        tried.append(("Anonymity key", _key_problem()))
    for what, problem in tried:
        click.echo(f"{what}: {problem or 'in order.'}")
        problems += problem is not None
    if problems:
        sys.exit(1)


def _database_problem() -> str | None:
    try:
        pending = migrations().pending
    except SQLAlchemyError as problem:
        return f"cannot be reached ({getattr(problem, 'orig', problem)}). Check FORUM_DATABASE_URL."
    return "migrations are pending. Run: forum db upgrade" if pending else None


def _key_problem() -> str | None:
    """Whether the keys in force open what the database has sealed, in a sample of it."""
    sample = [(MEMBER_PURPOSE, seal) for seal in member_seals(500)] + [(ORGANISATION_SEAL, seal) for seal in organisation_seals(500)]
    shut = sum(anonymity.unseal(purpose, seal) is None for purpose, seal in sample)
    if not shut:
        return None
    return (
        f"does not open {shut} of {len(sample)} seals that were tried. Put the former key into "
        "FORUM_OLD_ANONYMITY_KEYS. Without it, anonymous texts stay readable but are nobody's: their authors "
        "cannot change, delete or list them, sanctions do not reach them, what waits to appear never does, "
        "a rating can be given twice, and colleagues count as several organisations."
    )


def _mail_problem() -> str | None:
    problem = mail.transport_problem()
    return f"{problem}. Check FORUM_MAIL_URL." if problem else None


def _queue_problem() -> str | None:
    problem = jobs.queue_problem()
    return f"{problem}. Check FORUM_REDIS_URL." if problem else None


if __name__ == "__main__":
    main()
