"""The blueprint of the moderators' pages, closed to everyone else."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from forum.access import is_moderator
from forum.accounts.two_factor_views import require_staff

bp = Blueprint("moderation", __name__, url_prefix="/moderation")


@bp.before_request
def _require_moderator() -> ResponseReturnValue | None:
    return require_staff(is_moderator)
