"""`forum admin`: what an operator does for accounts."""

import click
from email_validator import EmailNotValidError, validate_email

from forum import text
from forum.accounts import passwords
from forum.accounts.actions import create_member
from forum.accounts.queries import member_by_email
from forum.admin import member_actions
from forum.commands.context import in_app
from forum.db import db, writing


@click.group()
def admin() -> None:
    """Create an admin, or help one who is locked out."""


@admin.command("create")
@click.option("--name", prompt=True)
@click.option("--email", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="ADMIN_PASSWORD")
@in_app(writing)
def create(name: str, email: str, password: str) -> None:
    """Create an admin account. It needs no confirmation by mail."""
    name = create_admin(name, email, password)
    db.session.commit()
    click.echo(f"{name} is now an admin.")


def create_admin(name: str, email: str, password: str) -> str:
    """Create an admin account, and return its name. A ClickException says what is wrong with the input."""
    name, email = text.single_line(name), text.single_line(email)
    try:
        email = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise click.ClickException(f"{email[:80]} is not an e-mail address: {error}") from None
    if problem := passwords.password_error(password, personal=(name, email.split("@")[0])):
        raise click.ClickException(problem)
    if member_by_email(email):
        raise click.ClickException("There is already an account with this e-mail address.")
    create_member(name=name, email=email, password=password, role="admin")
    return name


@admin.command("reset-two-factor")
@click.argument("email")
@in_app(writing)
def reset_two_factor(email: str) -> None:
    """Turn off two-factor authentication for someone who lost their device.

    Make sure the request really comes from them: afterwards the password alone is enough.
    """
    member = member_by_email(email)
    if member is None:
        raise click.ClickException("There is no account with this e-mail address.")
    if not member_actions.reset_two_factor(member):
        raise click.ClickException(f"{member.name} does not use two-factor authentication.")
    db.session.commit()
    click.echo(f"{member.name} now signs in with the password alone, and was signed out everywhere. This is logged.")
