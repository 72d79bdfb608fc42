"""`forum db`, `forum demo`, `forum backup` and `forum render`: look after the database."""

from pathlib import Path

import click

from forum import schema, text
from forum.accounts.queries import count_members
from forum.backup.actions import back_up
from forum.backup.restoring import check_restorable, present_contents, set_present_aside
from forum.backup.restoring import restore as restore_backup
from forum.commands.context import in_app, print_demo_accounts
from forum.db import db, reading, writing
from forum.demo.actions import fill_demo
from forum.posts.actions import rerender_outdated


@click.group("db")
def database() -> None:
    """Upgrade or downgrade the database schema."""


@database.command("upgrade")
@click.argument("revision", default="head")
@in_app(writing)
def upgrade(revision: str) -> None:
    """Upgrade the schema to the latest revision, or to REVISION."""
    schema.upgrade(revision)
    click.echo("The database is up to date.")


@database.command("downgrade")
@click.argument("revision", default="-1")
@click.option("--yes", is_flag=True, help="Don't ask.")
@in_app(writing)
def downgrade(revision: str, yes: bool) -> None:
    """Take the schema back by one revision, or to REVISION. What only newer versions store is deleted."""
    if not yes:
        click.confirm("What only newer versions store is deleted. Is there a backup, and shall it go on?", abort=True)
    schema.downgrade(revision)


@database.command("revision")
@click.argument("message")
@in_app(writing)
def create_revision(message: str) -> None:
    """For developers: write a migration for changed models."""
    schema.write_migration(message)


@click.command()
@in_app(writing)
def demo() -> None:
    """Fill an empty database with the demo community."""
    if count_members():
        raise click.ClickException("The database already has members. The demo community needs an empty database.")
    fill_demo()
    db.session.commit()
    print_demo_accounts()


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@in_app(reading)
def backup(file: Path) -> None:
    """Back up the whole database to FILE while the site runs, and check the copy. Keep the keys somewhere else."""
    try:
        contents = back_up(file)
    except (OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Written to {file}: {contents.summary()}.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Don't ask.")
@in_app(reading)
def restore(file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the database. Stop the site first; what is there now is backed up."""
    try:
        contents = check_restorable(file)
        click.echo(f"{file} holds {contents.summary()}.")
        click.echo(f"The database holds {present_contents().summary()}.")
        if not yes:
            click.confirm("Replace the database with the backup?", abort=True)
        former = set_present_aside()
        restored = restore_backup(file)
    except (OSError, RuntimeError) as error:
        raise click.ClickException(str(error)) from None
    if former is not None:
        click.echo(f"What was there before is in {former}.")
    if restored != contents:
        raise click.ClickException(f"The database now holds {restored.summary()}, which is not what the backup holds.")
    click.echo("Restored. Next: forum db upgrade, then forum check.")


@click.command()
@in_app(writing)
def render() -> None:
    """Re-render posts and replies that were rendered by an older version."""
    count = rerender_outdated(text.RENDER_VERSION, db.session.commit)
    db.session.commit()
    click.echo(f"{count:,} texts rendered.")
