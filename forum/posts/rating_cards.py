"""The rating beside a post."""

from typing import NamedTuple

from forum.posts.rows import PostPageRow
from forum.ratings.directions import Scorecard, rating_scorecard
from forum.ratings.models import Snapshot
from forum.ratings.queries import scorecard_row
from forum.ratings.scores.actions import site_context


class RatingCard(NamedTuple):
    """What others see of the rating that a post carries, and the vendor's published snapshot."""

    scorecard: Scorecard
    vendor: str | None
    snapshot: Snapshot | None


def rating_card(post: PostPageRow) -> RatingCard | None:
    """Return the card of the rating that a post carries, or None."""
    row = scorecard_row(post.rating_id) if post.rating_id and not post.deleted_at else None
    if row is None or row.rating.hidden_at:
        return None
    figures = row.snapshot.figures if row.snapshot else None
    # Of an anonymous rating, only the tier that the post shows: after a revision it may be another one.
    is_shown = row.tier is not None and (not row.rating.anonymous or row.tier.id == post.tier_id)
    scorecard = rating_scorecard(row.rating, row.tier if is_shown else None, figures, site_context(row.site))
    return RatingCard(scorecard, row.vendor_name, row.snapshot if figures else None)
