"""What the page of results shows: a page of matches in their order, what they can be narrowed by, vendors and tags."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, literal, or_, select

from forum import cursors
from forum.accounts.bylines import byline_columns
from forum.accounts.models import Member, Pseudonym
from forum.db import db, now
from forum.posts.models import Comment, Post, Tag, TagSynonym
from forum.posts.queries import post_rows
from forum.posts.tags.queries import tag_slugs_of
from forum.search.expressions import MAX_QUERY_LENGTH, Expression, title_expression
from forum.search.models import FIRST_DAY, day_number_of
from forum.search.queries import Match, Matches, find_matches
from forum.search.ranking import Ranked, rank
from forum.search.words import STOP_WORDS
from forum.vendors.models import Vendor, VendorAlias

PAGE_SIZE = 20
MAX_FACETS = 8
MAX_NAMES = 3
MAX_SIMILAR = 5


class Facet(NamedTuple):
    """A way to narrow a search: what to add to the query, its name, and how many of the matches it leaves."""

    term: str
    name: str
    matches: int


class Facets(NamedTuple):
    """The ways to narrow a search."""

    kinds: list[Facet]
    vendors: list[Facet]
    tags: list[Facet]
    years: list[Facet]


class ResultPage(NamedTuple):
    """A page of matches, the best first: rows of posts and of replies, by which they differ in `comment_id`."""

    rows: list[Any]
    tags: dict[int, list[str]]
    total: int
    is_cut: bool
    next_cursor: str | None
    facets: Facets | None
    problems: list[str]


def result_page(expression: Expression, cursor: str | None = None, page_size: int = PAGE_SIZE) -> ResultPage:
    """Return a page of what matches. `cursor` is the `next_cursor` of the page before; facets are on the first one."""
    matches = find_matches(expression)
    ranked = _ranked(matches, expression)
    position = cursors.decode(cursor, float)
    if position is not None:
        ranked = [place for place in ranked if place < (position.value, position.id)]
    page, by_id = ranked[:page_size], {row.id: row for row in matches.rows}
    rows = _shown_rows([by_id[place.id] for place in page])
    return ResultPage(
        rows,
        tag_slugs_of([row.id for row in rows if row.comment_id is None]),
        len(matches.rows),
        matches.is_cut,
        cursors.encode(page[-1].score, page[-1].id) if len(ranked) > page_size else None,
        _facets(matches.rows) if position is None and matches.rows else None,
        matches.problems,
    )


def similar_posts(title: str) -> list[Any]:
    """Return the few listed posts whose titles share most with this one; a template global."""
    expression = title_expression(title[:MAX_QUERY_LENGTH])
    matches = find_matches(expression)
    each_word = tuple((phrase,) for group in expression.groups for phrase in group)
    ranked = _ranked(matches, expression._replace(groups=each_word))
    by_id = {row.id: row for row in matches.rows}
    return _shown_rows([by_id[place.id] for place in ranked[:MAX_SIMILAR]])


def newest_results(expression: Expression, limit: int) -> list[Any]:
    """Return the newest matches as the page of results shows them, for a feed."""
    return _shown_rows(find_matches(expression, limit).rows)


def _ranked(matches: Matches, expression: Expression) -> list[Ranked]:
    return rank(matches.rows, expression, (now().date() - FIRST_DAY).days)


def _shown_rows(page: Sequence[Match]) -> list[Any]:
    """Return the rows to show, in the same order."""
    posts = {row.id: row for row in db.session.execute(_posts([row.post_id for row in page if row.post_id]))}
    replies = {row.id: row for row in db.session.execute(_replies([row.comment_id for row in page if row.comment_id]))}
    rows = [posts.get(row.post_id or 0) or replies.get(row.comment_id or 0) for row in page]
    return [row for row in rows if row is not None]


def _posts(ids: Sequence[int]) -> Any:
    nothing: ColumnElement[Any] = literal(None)
    columns = (Post.__table__.c.body_html, Post.__table__.c.edited_at)
    return post_rows(*columns, nothing.label("comment_id"), nothing.label("official_title")).where(Post.id.in_(ids))


def _replies(ids: Sequence[int]) -> Any:
    comment, post, member, pseudonym = (kind.__table__ for kind in (Comment, Post, Member, Pseudonym))
    names = ("id", "body_html", "badge", "created_at", "edited_at", "useful_count", "official_title")
    return (
        select(
            *(comment.c[name] for name in names),
            comment.c.id.label("comment_id"),
            post.c.title,
            Vendor.__table__.c.name.label("official_vendor"),
            *byline_columns(),
        )
        .select_from(comment)
        .join(post, post.c.id == comment.c.post_id)
        .outerjoin(member, member.c.id == comment.c.author_id)
        .outerjoin(pseudonym, pseudonym.c.id == comment.c.pseudonym_id)
        .outerjoin(Vendor.__table__, Vendor.__table__.c.id == comment.c.official_vendor_id)
        .where(comment.c.id.in_(ids))
    )


def _facets(rows: Sequence[Match]) -> Facets:
    """Return how the matches can be narrowed. A vendor counts where a post names it, never where it is undisclosed."""
    post_count = sum(1 for row in rows if row.comment_id is None)
    kinds = [Facet("is:post", "Posts", post_count), Facet("is:reply", "Replies", len(rows) - post_count)]
    vendor_counts = Counter(row.vendor_id for row in rows if row.vendor_id is not None)
    threads = Counter(row.thread_id for row in rows)
    tag_counts: Counter[str] = Counter()
    for thread_id, slugs in tag_slugs_of(list(threads)).items():
        tag_counts.update(dict.fromkeys(slugs, threads[thread_id]))
    years = Counter((FIRST_DAY + timedelta(days=day_number_of(row.id))).year for row in rows)
    return Facets(
        [kind for kind in kinds if kind.matches],
        _vendor_facets(vendor_counts),
        [Facet(f"tag:{slug}", f"#{slug}", number) for slug, number in _most_common(tag_counts)],
        [Facet(f"after:{year} before:{year + 1}", str(year), years[year]) for year in sorted(years, reverse=True)],
    )


def _vendor_facets(counts: Counter[int]) -> list[Facet]:
    most = _most_common(counts)
    vendors = {vendor.id: vendor for vendor in vendors_by_id([vendor_id for vendor_id, _ in most])}
    return [
        Facet(f"vendor:{vendors[vendor_id].slug}", vendors[vendor_id].name, number)
        for vendor_id, number in most
        if vendor_id in vendors
    ]


def _most_common(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_FACETS]


def vendors_by_id(vendor_ids: Sequence[int]) -> Sequence[Any]:
    """Return id, name and slug of vendors in the catalogue."""
    statement = select(Vendor.id, Vendor.name, Vendor.slug).where(Vendor.id.in_(vendor_ids))
    return db.session.execute(statement.where(Vendor.accepted_at.is_not(None))).all()


def vendors_named_in(words: Sequence[str]) -> list[Any]:
    """Return the few vendors of the catalogue whose name or alias has most of these folded words."""
    words = [word for word in words if word not in STOP_WORDS]
    if not words:
        return []
    by_alias = select(VendorAlias.vendor_id).where(_has_word(VendorAlias.folded_name, words))
    statement = (
        select(Vendor.id, Vendor.name, Vendor.slug, Vendor.folded_name, Vendor.post_count)
        .where(or_(_has_word(Vendor.folded_name, words), Vendor.id.in_(by_alias)))
        .where(Vendor.accepted_at.is_not(None), Vendor.merged_into_id.is_(None))
        .order_by(Vendor.post_count.desc(), Vendor.id)
        .limit(50)
    )
    rows = db.session.execute(statement).all()
    return sorted(rows, key=lambda row: -len(set(words) & set(row.folded_name.split("-"))))[:MAX_NAMES]


def tags_named_in(words: Sequence[str]) -> list[Any]:
    """Return the few active tags whose name or synonym has one of these folded words, the most used first."""
    words = [word for word in words if word not in STOP_WORDS]
    if not words:
        return []
    by_synonym = select(TagSynonym.tag_id).where(_has_word(TagSynonym.slug, words))
    statement = (
        select(Tag.id, Tag.slug, Tag.description, Tag.post_count)
        .where(or_(_has_word(Tag.slug, words), Tag.id.in_(by_synonym)), Tag.retired_at.is_(None))
        .order_by(Tag.post_count.desc(), Tag.id)
    )
    return list(db.session.execute(statement.limit(MAX_NAMES)).all())


def _has_word(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a folded name has one of the words."""
    return or_(*((literal("-") + column + "-").like(f"%-{word}-%") for word in words))
