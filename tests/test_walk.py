"""A walk over the URL map: every route, visited by everyone who could act there, in every way a stranger may ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, request, url_for
from sqlalchemy import event

from forum.accounts.models import Member
from forum.accounts.work_domain_actions import SALT, _mark
from forum.db import db
from forum.signed_tokens import sign_token
from tests import crawl
from tests.conftest import on_one_database
from tests.factories import make_member, make_rating, make_vendor
from tests.test_canary import people  # noqa: F401 - a fixture
from tests.test_routes import all_rows

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "DROP", "ALTER")
READERS = ("stranger", "member", "canary", "representative", "moderator", "admin", "banned")


@pytest.fixture
def readers(people: dict[str, Member]) -> dict[str, Member]:  # noqa: F811
    """Return members who wrote, rated, were reported, follow and decide: for each acting page someone who may act."""
    make_rating(people["member"], vendor=make_vendor("Southgate"))
    people["banned"] = make_member(banned_at=people["member"].joined_at)
    return people


def addresses(app: Flask, reader: Member | None) -> list[str]:
    """Return the addresses of all routes that answer GET, with the links that are mailed."""
    by_endpoint = crawl.addresses(app, with_mailed_links=True)
    rows = [address for several in by_endpoint.values() for address in several]
    if reader is not None:
        rows.append(url_for("work_domain.confirm", token=work_domain_token(reader)))
    return rows


def work_domain_token(member: Member) -> str:
    return sign_token(SALT, ["walkers.example", _mark(member)])


@contextmanager
def recorded_writes() -> Iterator[list[str]]:
    """Record every statement that writes, committed or not, with the request that sent it."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *details: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            statements.append(f"{request.method} {request.path}: {statement[:60]}")

    event.listen(db.engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", record)


@on_one_database
@pytest.mark.slow
@pytest.mark.parametrize("role", READERS)
def test_head_and_get_change_no_row(app: Flask, browse: Any, readers: dict[str, Member], role: str) -> None:
    reader = readers.get(role)
    browser, before = browse(reader), all_rows()
    with recorded_writes() as statements:
        for address in addresses(app, reader):
            for method in ("HEAD", "GET"):
                answer = browser.open(address, method=method)
                assert answer.status_code < 500, (method, address)
    assert statements == []
    assert all_rows() == before


@on_one_database
def test_options_reach_no_view_and_no_other_method_is_routed(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert rule.provide_automatic_options, rule
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_view_that_writes_on_a_safe_method_fails_and_changes_nothing(app: Flask, method: str) -> None:
    member = make_member(name="As before")
    with app.app_context(), app.test_request_context("/", method=method):
        app.preprocess_request()
        db.session.get_one(Member, member.id).name = "Changed"
        with pytest.raises(RuntimeError, match="wrote in answer to"):
            db.session.commit()
        db.session.rollback()
    db.session.expire_all()
    assert member.name == "As before"
