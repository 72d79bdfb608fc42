"""Names that complete a mention while it is typed."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from forum.access import can_write
from forum.accounts.queries import members_to_mention
from forum.rate_limits import limiter
from forum.text import slug_of
from forum.web import permission_required

bp = Blueprint("mentions", __name__)
MIN_TYPED = 2


@bp.get("/mentions")
@permission_required(can_write)
@limiter.limit("120/minute")
def suggest() -> ResponseReturnValue:
    """Return the members with a page whose name begins with ?q=, as JSON. The request says nothing of the thread."""
    typed = slug_of(request.args.get("q", "")[:60], fallback="")
    rows = members_to_mention(typed) if len(typed) >= MIN_TYPED else []
    return jsonify([{"slug": row.slug, "name": row.name} for row in rows])
