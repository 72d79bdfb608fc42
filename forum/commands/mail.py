"""`forum mail`: mail that came back."""

import sys
from pathlib import Path

import click

from forum import mail as outbox
from forum.commands.context import in_app
from forum.db import db, writing
from forum.mail_bounces import MAX_LENGTH, bounced_address


@click.group("mail")
def mail() -> None:
    """Look after mail."""


@mail.command("bounces")
@click.option("--maildir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@in_app(writing)
def bounces(maildir: Path | None) -> None:
    """Stop mail to addresses that do not exist. Reads one delivery status notification from standard input.

    With --maildir it reads all messages of a folder ("new" and "cur") instead, and deletes those about our mail.
    """
    if maildir is None:
        messages = [(Path(), bounced_address(sys.stdin.buffer.read(MAX_LENGTH)))]
    else:
        files = [file for part in ("new", "cur") for file in sorted((maildir / part).glob("*")) if file.is_file()]
        messages = [(file, bounced_address(file.read_bytes())) for file in files]
    bounced = [(file, address) for file, address in messages if address]
    for _, address in bounced:
        outbox.mail_bounced.send(address)
    db.session.commit()
    for file, _ in bounced:
        if maildir is not None:
            file.unlink()
    click.echo(f"{len(bounced)} of {len(messages)} messages are about an address that does not exist.")
