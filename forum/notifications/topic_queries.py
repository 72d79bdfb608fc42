"""Count a member's own posts in a vendor or tag while walking along their chain: in one query, for most members."""

from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from forum.access import listed_clause
from forum.accounts.models import Member, SpentLink
from forum.chains import Chain, carries_link
from forum.direct_reads import DirectQuery
from forum.posts.chain_queries import TEXT_CHAIN
from forum.posts.models import Comment, Post, PostTag

# A link of the member's chain, and how many of the posts it stands for: one or none.
LinkRow = tuple[str, int]
# A member with no more used links takes one query.
MARGIN = 32


def own_posts_in(member: Member, kind: str, item_id: int) -> int:
    """Return how many listed posts of the member there are in a tag or vendor: nothing stored says so."""
    signed_count = 0

    def rows_with(links: list[str]) -> list[LinkRow]:
        nonlocal signed_count
        rows = _queries[kind].rows({"member_id": member.id, "item_id": item_id, "links": links})
        signed_count = sum(count for link, count in rows if link is None)
        return [(link, count) for link, count in rows if link is not None]

    # The links of deleted texts are among these rows.
    chain = Chain(TEXT_CHAIN.purpose, rows_with, _no_links, _no_links, margin=MARGIN, link_of=itemgetter(0))
    anonymous_rows = chain.rows(member.secret) if member.secret else rows_with([])
    return sum(count for _, count in anonymous_rows) + signed_count


def _no_links(links: list[str]) -> list[str]:
    return []


def _own_posts(kind: str) -> CompoundSelect[Any]:
    post, comment, spent, tagged = Post.__table__.c, Comment.__table__.c, SpentLink.__table__.c, PostTag.__table__.c
    item_id: BindParameter[int] = bindparam("item_id")
    is_tagged = select(tagged.post_id).where(tagged.post_id == post.id, tagged.tag_id == item_id).exists()
    is_counted = and_(is_tagged if kind == "tag" else post.vendor_id == item_id, listed_clause(post))
    return union_all(
        select(post.chain_link, case((is_counted, 1), else_=0)).where(carries_link(post.chain_link)),
        select(comment.chain_link, literal(0)).where(carries_link(comment.chain_link)),
        select(spent.link, literal(0)).where(carries_link(spent.link)),
        # Of all that they signed: a search by vendor, too, would read all posts about it.
        select(cast(null(), Text), func.count(case((is_counted, 1)))).where(post.author_id == bindparam("member_id")),
    )


_queries = {kind: DirectQuery(partial(_own_posts, kind)) for kind in ("tag", "vendor")}
