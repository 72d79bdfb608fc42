"""The `forum` command."""

import click

from forum.commands.admin import admin
from forum.commands.check import check
from forum.commands.content import export, importing, scores
from forum.commands.database import backup, database, demo, render
from forum.commands.mail import mail
from forum.commands.secrets import secrets
from forum.commands.server import serve, work


@click.group()
def main() -> None:
    """Full Duplex: a forum where IT service providers share what partner programmes are really like."""


for command in (serve, work, database, demo, admin, scores, importing, export, backup, render, secrets, mail, check):
    main.add_command(command)


if __name__ == "__main__":
    main()
