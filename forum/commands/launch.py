"""`forum setup`: make a new site usable."""

import click
from flask import current_app

from forum.accounts.queries import count_members
from forum.commands.admin import create_admin
from forum.commands.context import in_app
from forum.db import db, writing
from forum.posts.tags.actions import create_starter_tags
from forum.posts.tags.queries import active_tags
from forum.schema import migrations
from forum.vendors.actions import create_default_categories
from forum.vendors.queries import categories


@click.command("setup")
@click.option("--name", help="Name of the first admin.")
@click.option("--email", help="E-mail address of the first admin.")
@click.option("--password", envvar="ADMIN_PASSWORD", help="Password of the first admin; asked for when missing.")
@in_app(writing)
def setup_site(name: str | None, email: str | None, password: str | None) -> None:
    """Give a new site its first admin, categories of vendors and tags. Running it again changes nothing."""
    if migrations().pending:
        raise click.ClickException("The database is not up to date. Run: forum db upgrade")
    set_up(name, email, password)
    db.session.commit()
    click.echo(
        f"Next: sign in at {current_app.config['SITE_URL']}/sign-in and open /admin/, which says what is left to do."
    )


def set_up(name: str | None = None, email: str | None = None, password: str | None = None) -> None:
    """Create what a new site lacks, and ask for what is missing. The caller commits."""
    if not categories():
        create_default_categories()
        click.echo(f"{len(categories())} categories of vendors created.")
    if not active_tags():
        click.echo(f"{create_starter_tags()} tags created.")
    if count_members():
        click.echo("There are accounts already, so no admin was created. For another: forum admin create")
    else:
        _create_first_admin(name, email, password)


def _create_first_admin(name: str | None, email: str | None, password: str | None) -> None:
    name = name or click.prompt("Your name")
    email = email or click.prompt("Your e-mail address")
    password = password or click.prompt("A password", hide_input=True, confirmation_prompt=True)
    click.echo(f"{create_admin(name, email, password)} is now an admin.")
