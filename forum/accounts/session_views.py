"""Sign this browser in and out: the cookies, the session's row, and when its user last proved who they are."""

import time

from flask import current_app, request, session
from flask_login import current_user, login_user, logout_user

from forum.accounts.models import Member
from forum.accounts.session_actions import begin_session, end_session
from forum.accounts.session_queries import member_by_session, reader_by_session, session_by_token
from forum.clients import coarse_network, device_name
from forum.config import SAFE_METHODS
from forum.db import db
from forum.fragments import reads_columns_only
from forum.web import login_manager, new_session

REMEMBER_COOKIE = "remember_token"
PROVED_AT = "proved_at"
# How long a password, code or passkey counts as fresh, in seconds.
PROOF_LASTS = 15 * 60


def member_of_session(session_id: str) -> Member | None:
    """Return the member whose session a cookie names, or None when it is over."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_page = request.method in SAFE_METHODS and reads_columns_only(view)
    return reader_by_session(session_id) if is_page else member_by_session(session_id)


login_manager.user_loader(member_of_session)


def open_session(member: Member, *, remember: bool = False) -> None:
    """Sign the member in, after a password, code, passkey or mailed link was right, and forget who was here before.

    It commits: the session's row is never written together with a row that names a member.
    """
    _end_row()
    new_session()
    _begin(member, remember=remember)
    record_proof()


def renew_session(member: Member) -> None:
    """Keep this browser signed in after all sessions of the member were ended. It commits, like `open_session`."""
    _begin(member, remember=REMEMBER_COOKIE in request.cookies)


def close_session() -> None:
    """Sign this browser out and end its row. It commits."""
    _end_row()
    logout_user()
    session.clear()


def record_proof() -> None:
    """Note that the user of this browser has just proved who they are."""
    session[PROVED_AT] = int(time.time())


def has_recent_proof() -> bool:
    """Return whether the user of this browser proved who they are within the last quarter of an hour."""
    proved_at: int = session.get(PROVED_AT, 0)
    return current_user.is_authenticated and 0 <= time.time() - proved_at < PROOF_LASTS


def _begin(member: Member, *, remember: bool) -> None:
    db.session.commit()
    member.session_token = begin_session(member, device=device_name(), network=coarse_network(), remember=remember)
    db.session.commit()
    login_user(member, remember=remember)


def _end_row() -> None:
    token = current_user.session_token if current_user.is_authenticated else ""
    row = session_by_token(token) if token else None
    if row is not None:
        end_session(row)
        db.session.commit()
