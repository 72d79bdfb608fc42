"""The catalogue's scheduled job."""

from forum import jobs
from forum.admin.merge_actions import move_late_content
from forum.admin.vendor_queries import merged_vendors
from forum.db import db, writing
from forum.vendors.models import Vendor


@jobs.periodic(minute="20", hour="3")
@writing()
def move_late_posts() -> None:
    """Every night, move posts and ratings that were submitted while their vendor was being merged."""
    for old in merged_vendors():
        move_late_content(old, db.session.get_one(Vendor, old.merged_into_id))
    db.session.commit()
