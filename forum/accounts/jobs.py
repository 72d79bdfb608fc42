"""What runs by the clock for members."""

from forum import jobs
from forum.accounts.actions import drop_unconfirmed
from forum.db import db


@jobs.periodic(minute="40", hour="3")
def forget_unconfirmed() -> None:
    """Once a night: names and addresses of people who never came back do not stay."""
    drop_unconfirmed()
    db.session.commit()
