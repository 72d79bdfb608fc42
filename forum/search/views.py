"""The search page, the feed of a search, and posts with a similar title."""

from flask import Blueprint, Response, render_template, request

from forum import dates
from forum.access import can_write
from forum.accounts.bylines import byline
from forum.db import deferred_transaction, now, start_of_day
from forum.links import external_url
from forum.rate_limits import limiter, writing_limiter
from forum.search.expressions import Expression, parse
from forum.search.result_queries import newest_results, result_page, similar_posts, tags_named_in, vendors_named_in
from forum.search.snippets import marked, snippet
from forum.search.spelling import suggested_query
from forum.text import excerpt_of, single_line, visible_words
from forum.web import permission_required

bp = Blueprint("search", __name__)
FEED_SIZE = 30


@bp.get("/search")
@limiter.limit("60/minute;1000/hour")
def index() -> str:
    """Show what matches a query, and how to write one."""
    query = single_line(request.args.get("q", ""))
    expression = parse(query)
    results = result_page(expression, request.args.get("before")) if _is_question(expression) else None
    is_first_page = not request.args.get("before")
    return render_template(
        "search/index.html",
        query=query,
        expression=expression,
        results=results,
        vendors=vendors_named_in(expression.plain_words) if is_first_page else [],
        named_tags=tags_named_in(expression.plain_words) if is_first_page else [],
        suggestion=suggested_query(query, expression) if results and not results.rows else None,
        mark=lambda text: marked(text, expression),
        snippet=lambda body_html: snippet(visible_words(body_html), expression),
    )


@bp.get("/search/feed.atom")
@limiter.limit("60/minute;1000/hour")
def feed() -> Response:
    """Return the feed of the newest matches of a query."""
    query = single_line(request.args.get("q", ""))
    entries = newest_results(parse(query), FEED_SIZE)
    updated = max((entry.edited_at or entry.created_at for entry in entries), default=start_of_day(now()))
    body = render_template(
        "search/feed.xml",
        query=query,
        entries=entries,
        updated=updated,
        byline=byline,
        excerpt_of=excerpt_of,
        external_url=external_url,
        format_rfc3339=dates.format_rfc3339,
    )
    return Response(body, mimetype="application/atom+xml")


@bp.post("/search/similar")
@deferred_transaction
@limiter.exempt
@writing_limiter.limit("60/minute;1000/hour")
@permission_required(can_write)
def similar() -> str:
    """Return posts whose titles are like the one that is typed, as a part of the form's page. Nothing is written.

    By POST, and counted in memory: a title in a log or a counter beside it would tell who is about to write.
    """
    return render_template("search/_similar.html", similar=similar_posts(request.form.get("title", "")))


def _is_question(expression: Expression) -> bool:
    return bool(expression.groups or expression.filters)
