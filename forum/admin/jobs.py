"""The catalogue's scheduled job."""

from forum.admin.merge_actions import move_late_content
from forum.admin.vendor_queries import merged_vendors
from forum.db import db, writing
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
