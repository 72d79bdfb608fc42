"""The `forum` command."""

import click

from forum.commands.admin import admin
from forum.commands.check import check
from forum.commands.content import export, importing, scores, search
from forum.commands.database import backup, database, demo, render, restore
from forum.commands.launch import setup_site
from forum.commands.mail import mail
from forum.commands.move import move
from forum.commands.secrets import secrets
from forum.commands.server import serve, work
from forum.commands.vendors import vendors


@click.group()
def main() -> None:
    """Full Duplex: a forum where IT service providers share what partner programmes are really like."""


for command in (
    serve,
    work,
    setup_site,
    database,
    demo,
    admin,
    scores,
    search,
    importing,
    export,
    backup,
    restore,
    move,
    render,
    secrets,
    mail,
    check,
    vendors,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
