"""The catalogue's scheduled job."""

from forum import jobs
from forum.admin.merge_actions import move_late_content
from forum.admin.vendor_queries import merged_vendors
from forum.db import db, writing
from forum.vendors.models import Vendor


@jobs.periodic(minute="20", hour="3")
@writing()
def move_late_posts() -> None:
    """Move, once a night, what was being written about a vendor while it was merged."""
    for old in merged_vendors():
        move_late_content(old, db.session.get_one(Vendor, old.merged_into_id))
    db.session.commit()
