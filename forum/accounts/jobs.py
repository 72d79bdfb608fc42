"""What runs by the clock for members."""

from forum import jobs
from forum.accounts.actions import delete_unconfirmed
from forum.db import db, writing


@jobs.periodic(minute="40", hour="3")
@writing()
def delete_unconfirmed_members() -> None:
    """Once a night: names and addresses of people who never came back do not stay."""
    delete_unconfirmed()
    db.session.commit()
