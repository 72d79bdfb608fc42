"""The search page."""

from flask import Blueprint, render_template, request

bp = Blueprint("search", __name__)


@bp.get("/search")
def index() -> str:
    """Show what matches a query."""
    return render_template("search/index.html", query=request.args.get("q", "").strip())
