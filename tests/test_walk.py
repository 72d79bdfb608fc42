"""A walk over the URL map: every route, visited by everyone who could act there, in every way a stranger may ask."""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request, url_for
from sqlalchemy import event

from forum.accounts import passwords
from forum.accounts.models import Member
from forum.accounts.work_domain_actions import SALT, _mark
from forum.admin.merge_actions import merge_vendors
from forum.db import db
from forum.rate_limits import limiter, writing_limiter
from forum.ratings.criteria import ASKS, CRITERIA, DEALS
from forum.signed_tokens import sign_token
from tests import crawl
from tests.conftest import on_one_database
from tests.factories import PASSWORD, make_member, make_rating, make_vendor
from tests.odd_values import (
    ARGUMENT_NAMES,
    ODD_BODIES,
    ODD_HEADERS,
    ODD_VALUES,
    Fields,
    PageForm,
    forms_in,
    odd_paths,
    parameter_names,
)
from tests.test_canary import people  # noqa: F401 - a fixture
from tests.test_routes import all_rows

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "DROP", "ALTER")
RATING_FIELDS = {question.key for question in (*CRITERIA, *ASKS)} | set(DEALS)
READERS = ("stranger", "member", "canary", "representative", "moderator", "admin", "banned")


@pytest.fixture
def readers(people: dict[str, Member]) -> dict[str, Member]:  # noqa: F811
    """Return members who wrote, rated, were reported, follow and decide: for each acting page someone who may act."""
    into = make_vendor("Southgate")
    make_rating(people["member"], vendor=into)
    merge_vendors(people["admin"], make_vendor("Southgate Systems"), into, reason="One.", summary="")
    people["banned"] = make_member(banned_at=people["member"].joined_at)
    for member in people.values():
        member.password_hash = passwords.hash_password(PASSWORD)
    db.session.commit()
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
def test_head_changes_no_row(app: Flask, browse: Any, readers: dict[str, Member], role: str) -> None:
    """Flask sends HEAD to the view for GET, so that what it changes would be changed by GET or by HEAD alone."""
    reader = readers.get(role)
    browser, before = browse(reader), all_rows()
    with recorded_writes() as statements:
        for address in addresses(app, reader):
            answer = browser.head(address)
            assert answer.status_code < 500, address
    assert statements == []
    assert all_rows() == before


class Walk:
    """Sends requests whose changes are rolled back, and remembers those that failed."""

    def __init__(self, app: Flask, browse: Any, patch: pytest.MonkeyPatch) -> None:
        self.app, self.browse = app, browse
        self.failures: list[str] = []
        self.accepted: set[str] = set()
        self.count = 0
        patch.setattr(limiter, "enabled", False)
        patch.setattr(writing_limiter, "enabled", False)
        db.session.commit()
        patch.setattr(db.session, "commit", db.session.flush)

    def send(self, reader: Member | None, method: str, address: str, case: str, **content: Any) -> Any:
        """Send a request in a new browser; the view's commit only flushes, and what it wrote is rolled back."""
        self.count += 1
        try:
            answer = self.browse(reader).open(address, method=method, **content)
        except Exception as error:
            self.failures.append(f"{method} {address[:80]} {case}: {type(error).__name__} {str(error)[:200]}")
            return None
        if answer.status_code >= 500:
            self.failures.append(f"{method} {address[:80]} {case}: {answer.status_code}")
        return answer


@pytest.fixture
def walk(app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch) -> Walk:
    return Walk(app, browse, monkeypatch)


def all_forms(walk: Walk, readers: dict[str, Member]) -> dict[tuple[str, str, tuple[str, ...]], tuple[str, PageForm]]:
    """Return the forms on all pages, once for each page that they are sent to and each set of fields."""
    forms: dict[tuple[str, str, tuple[str, ...]], tuple[str, PageForm]] = {}
    match = walk.app.url_map.bind("localhost").match
    for role in READERS:
        for several in crawl.addresses(walk.app, with_mailed_links=True).values():
            for address in several[:1] + several[-1:]:
                answer = walk.send(readers.get(role), "GET", address, role)
                page = answer.text if answer is not None and answer.mimetype == "text/html" else ""
                for form in forms_in(page, address):
                    endpoint, _ = match(form.action.partition("?")[0], form.method)
                    forms.setdefault((form.method, endpoint, tuple(form.names())), (role, form))
    return forms


@pytest.mark.slow
def test_no_form_fails_whatever_stands_in_a_field(readers: dict[str, Member], walk: Walk) -> None:
    """Each odd value of a field is sent once in each blueprint: forms there share their fields."""
    forms, sent_before = all_forms(walk, readers), set()
    for (method, endpoint, names), (role, form) in forms.items():
        answer = walk.send(readers.get(role), method, form.action, "", **sent_as(method, list(form.fields)))
        if answer is not None and answer.status_code < 400:
            walk.accepted.add(endpoint)
        for name, (case, values) in product(names, ODD_VALUES.items()):
            group = "ratings" if name in RATING_FIELDS else endpoint.partition(".")[0]
            if (group, name, case) not in sent_before:
                sent_before.add((group, name, case))
                content = sent_as(method, form.with_value(name, values))
                walk.send(readers.get(role), method, form.action, f"{name} {case}", **content)
    assert walk.failures == []
    assert len(forms) > 90 and len(walk.accepted) > 60


@on_one_database
@pytest.mark.slow
def test_no_parameter_of_a_query_string_makes_a_page_fail(readers: dict[str, Member], walk: Walk) -> None:
    for endpoint, several in crawl.addresses(walk.app, with_mailed_links=True).items():
        names = parameter_names(Path(inspect.getfile(inspect.unwrap(walk.app.view_functions[endpoint]))))
        # The last row of a table is the newest: of vendors, the one that was merged.
        for path in (address.partition("?")[0] for address in several[-1:]):
            for case, values in ODD_VALUES.items():
                fields = [(name, value) for name in (*ARGUMENT_NAMES, *names) for value in values]
                walk.send(readers["admin"], "GET", path, case, **sent_as("GET", fields))
            for name in names:
                fields = [(name, value) for value in ODD_VALUES["5,000 digits"]]
                walk.send(readers["representative"], "GET", path, name, **sent_as("GET", fields))
    assert walk.failures == []
    assert walk.count > 1000


@pytest.mark.slow
def test_no_path_fails_whatever_stands_in_it(readers: dict[str, Member], walk: Walk) -> None:
    for rule in walk.app.url_map.iter_rules():
        for path, method in product(odd_paths(rule), sorted((rule.methods or set()) & {"GET", "POST"})):
            walk.send(readers["admin"], method, path, method)
    assert walk.failures == []
    assert walk.count > 1000


@on_one_database
@pytest.mark.slow
def test_no_kind_of_body_and_no_header_makes_a_page_fail(readers: dict[str, Member], walk: Walk) -> None:
    for role in ("admin", "stranger"):
        for several in crawl.addresses(walk.app, with_mailed_links=True, method="POST").values():
            for address, (kind, body) in product(several[:1], ODD_BODIES):
                walk.send(readers.get(role), "POST", address, kind, data=body, content_type=kind)
        for name, value in ODD_HEADERS:
            for address in ("/", "/vendors", "/static/app.css", "/posts/new", "/feed.atom"):
                walk.send(readers.get(role), "GET", address, name, headers={name: value})
    assert walk.failures == []


def sent_as(method: str, fields: Fields) -> dict[str, Any]:
    """Return fields as the query string or the body of a request."""
    data = urlencode([(name, value.encode("utf-8", "surrogateescape")) for name, value in fields])
    if method == "GET":
        return {"query_string": data}
    return {"data": data, "content_type": "application/x-www-form-urlencoded"}


@on_one_database
def test_options_reach_no_view_and_no_other_method_is_routed(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert rule.provide_automatic_options, rule
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule


@pytest.mark.slow
@on_one_database
def test_no_other_method_reaches_a_view(readers: dict[str, Member], walk: Walk) -> None:
    for rule in walk.app.url_map.iter_rules():
        path = re.sub(r"<[^>]*>", "1", rule.rule)
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"):
            answer = walk.send(readers["admin"], method, path, "", query_string={"_method": "POST"})
            assert answer.status_code in (400, 404, 405, 308), (method, path)
    assert walk.failures == []


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
