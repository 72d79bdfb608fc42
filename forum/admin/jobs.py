"""Scheduled jobs of the admin room: the catalogue, and whether the database is whole."""

from forum import jobs
from forum.admin.integrity import DatabaseDamaged, damage
from forum.admin.merge_actions import move_late_content
from forum.admin.vendor_queries import merged_vendors
from forum.db import db, reading, writing
from forum.job_runs import claim_run, once_per_day
from forum.vendors.models import Vendor


@once_per_day(hour=3, minute=20)
@writing()
def move_late_posts() -> None:
    """Every night, move posts and ratings that were submitted while their vendor was being merged."""
    claim_run()
    for old in merged_vendors():
        move_late_content(old, db.session.get_one(Vendor, old.merged_into_id))
    db.session.commit()


@once_per_day(hour=4, minute=30)
def check_database() -> None:
    """Read all of the database once a day. Raises DatabaseDamaged, which the health page shows as a failed job."""
    with writing():
        claim_run()
        db.session.commit()
    check_database_now()


@jobs.job
@reading()
def check_database_now() -> None:
    """Read all of the database, when an admin asks for it."""
    problem = damage()
    db.session.rollback()
    if problem:
        raise DatabaseDamaged(problem)
