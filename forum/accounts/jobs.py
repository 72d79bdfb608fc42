"""Scheduled jobs of the accounts room."""

from forum import jobs
from forum.accounts.actions import delete_unconfirmed
from forum.db import db


@jobs.periodic(minute="40", hour="3")
def delete_unconfirmed_members() -> None:
    """Delete, once a night, the names and addresses of people who never confirmed their account."""
    delete_unconfirmed()
    db.session.commit()
