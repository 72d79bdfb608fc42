"""`forum secrets`: members' secrets when the anonymity key changes."""

import click

from forum.accounts.secret_actions import replace_lost_secrets, reseal_secrets
from forum.commands.context import in_app
from forum.db import db, writing


@click.group("secrets")
def secrets() -> None:
    """Look after members' secrets when the anonymity key changes."""


@secrets.command("reseal")
@in_app(writing)
def reseal() -> None:
    """Seal all secrets under the present key. Do this after a rotation, before a former key is thrown away."""
    count = reseal_secrets(db.session.commit)
    db.session.commit()
    click.echo(f"{count:,} secrets sealed under the present key.")


@secrets.command("renew")
@click.confirmation_option(prompt="Members whose secret no key opens lose their anonymous writing for good. Go on?")
@in_app(writing)
def renew() -> None:
    """Give new secrets to members whose secret no key opens, because the key is lost."""
    count = replace_lost_secrets(db.session.commit)
    db.session.commit()
    click.echo(f"{count:,} members have a new secret.")
