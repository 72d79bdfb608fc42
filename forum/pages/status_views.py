"""Whether the site is alive and ready, for whatever watches it. Neither page says anything about what is in it."""

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from forum import jobs
from forum.schema import migrations

bp = Blueprint("status", __name__)


@bp.get("/health")
def health() -> Response:
    """Say that the process answers, without asking the database."""
    return _answer([])


@bp.get("/ready")
def ready() -> Response:
    """Say whether the site can serve: the database answers and is migrated, and the queue takes jobs."""
    problems = [] if _is_database_ready() else ["database"]
    if jobs.queue_problem():
        problems.append("queue")
    return _answer(problems)


def _is_database_ready() -> bool:
    try:
        state = migrations()
    except SQLAlchemyError:
        return False
    return not state.pending and not state.is_newer


def _answer(problems: list[str]) -> Response:
    text = f"not ready: {', '.join(problems)}\n" if problems else "ok\n"
    response = Response(text, 503 if problems else 200, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
