"""Build every address of the site from its routes, with values from the database in place of the converters.

A new route is covered automatically when the word before its converter is the name of a table ("/posts/<key:post_id>") or
is mapped in TABLES. Links that are sent by mail are built by TOKENS. EXCLUDED names the routes not visited, and why.
"""

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from flask import Flask, current_app, url_for
from sqlalchemy import Table, select
from werkzeug.routing import Rule

from forum.accounts.models import Member
from forum.accounts.tokens import token_for as mailed
from forum.db import db, now
from forum.moderation.models import Notice
from forum.moderation.notices.senders import Sender, unseal_sender
from forum.moderation.notices.senders import confirmation_token as confirming
from forum.notifications.unsubscribe_tokens import token_for as unsubscribing

# The word before a converter -> the table, where they differ.
TABLES = {
    "replies": "comments",
    "reply": "comments",
    "log": "decisions",
    "scheduled": "scheduled_texts",
    "drafts": "sealed_drafts",
    "evidence": "evidence_requests",
    "files": "evidence_files",
}
# Endpoint of a link sent by mail -> (condition that selects a recipient, function that makes the token).
TOKENS: dict[str, tuple[Any, Callable[[Any], str | None]]] = {
    "accounts.confirm": (Member.confirmed_at.is_(None), lambda member: mailed(member, "confirm")),
    "accounts.new_password": (Member.password_hash.is_not(None), lambda member: mailed(member, "password")),
    "accounts.claim": (Member.password_hash.is_(None), lambda member: mailed(member, "claim")),
    "following.unsubscribe": (Member.confirmed_at.is_not(None), lambda member: unsubscribing(member.id, ["post"])),
    "evidence.of_sender": (
        Notice.confirmed_at.is_not(None),
        lambda notice: (unseal_sender(notice) or Sender("", "")).secret,
    ),
    "notices.confirm": (Notice.confirmed_at.is_(None), confirming),
    "notices.show": (Notice.confirmed_at.is_not(None), lambda notice: (unseal_sender(notice) or Sender("", "")).secret),
}
EXCLUDED = {
    "accounts.new_email": "for the member alone who asked for the link; test_sessions.py opens it",
    "branding.logo": "an image that an admin chose, the same for everybody; test_branding.py opens it",
    "static": "files of the package, the same for everybody",
    "work_domain.confirm": "for the member alone who asked for the link; test_work_domain.py opens it",
}
# Query strings that change what a page shows.
QUERY_STRINGS = {
    "pages.home": ["sort=new", "sort=top", "sort=unanswered", "vendor=undisclosed", "rated=1", "leaning=bad"],
    "moderation.index": ["kind=flag", "kind=held", "kind=appeal", "kind=notice", "sort=weight"],
    "following.index": ["show=all"],
    "log.index": ["action=warn", "action=bar", "rule=5"],
    "rankings.compare": ["vendor=northwind&vendor=lakeside"],
    # An anonymous reply of the two-worlds story.
    "search.index": ["q=ours+never+came"],
    "search.feed": ["q=ours+never+came"],
}
MAX_PER_TABLE = 40


def routes(app: Flask, method: str = "GET") -> list[Rule]:
    """Return the routes that answer requests of a method."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def addresses(app: Flask, *, with_mailed_links: bool = False, method: str = "GET") -> dict[str, list[str]]:
    """Return the addresses of each endpoint; with_mailed_links includes the links that are sent by mail."""
    by_endpoint: dict[str, list[str]] = {}
    for rule in routes(app, method):
        if rule.endpoint not in EXCLUDED:
            by_endpoint.setdefault(rule.endpoint, []).extend(_addresses_of(rule, with_mailed_links))
    for endpoint, query_strings in QUERY_STRINGS.items() if method == "GET" else ():
        by_endpoint[endpoint] += [f"{by_endpoint[endpoint][0]}?{query}" for query in query_strings]
    return by_endpoint


def links_in(page: str) -> Iterator[str]:
    """Yield the addresses of this site that a page links to, without fragments."""
    site = re.escape(current_app.config["SITE_URL"])
    for link in re.findall(rf'(?:href|action|src)="(?:{site})?(/[^"#]*)', page):
        yield link.replace("&amp;", "&")


def _addresses_of(rule: Rule, with_mailed_links: bool) -> Iterator[str]:
    if rule.arguments == {"year", "month"}:
        moment = now()
        yield url_for(rule.endpoint, year=moment.year, month=moment.month)
        return
    if rule.arguments == {"period"}:
        yield url_for(rule.endpoint, period=str(now().year))
        return
    names = sorted(rule.arguments - ({"slug"} if _is_post(rule) else set()))
    for pairs in product(*(_values_of(rule, name, with_mailed_links) for name in names)):
        arguments = dict(pairs)
        if _is_post(rule) and "slug" in rule.arguments:
            posts = db.metadata.tables["posts"].c
            arguments["slug"] = db.session.scalar(select(posts.slug).where(posts.id == arguments["post_id"]))
        yield url_for(rule.endpoint, **arguments)


def _is_post(rule: Rule) -> bool:
    return rule.endpoint == "posts.show"


def _values_of(rule: Rule, name: str, with_mailed_links: bool) -> list[tuple[str, Any]]:
    """Return (name, value) for each value that one converter can have."""
    if rule.endpoint in TOKENS:
        condition, make_token = TOKENS[rule.endpoint]
        row = _first_row(condition) if with_mailed_links else None
        return [(name, make_token(row))] if row is not None else []
    if listed := re.search(rf"<any\(([^)]*)\):{name}>", rule.rule):
        return [(name, value.strip()) for value in listed[1].split(",")]
    word = re.search(rf"([\w-]+)/<(?:\w+:)?{name}>", rule.rule)
    table = _table(word[1]) if word else None
    if table is not None and name == "slug" and "slug" not in table.c:
        table = db.metadata.tables["members"]
    if table is None:
        return []
    column = table.c.slug if name == "slug" else table.c.id
    return [(name, value) for value in db.session.scalars(select(column).order_by(table.c.id).limit(MAX_PER_TABLE))]


def _table(word: str) -> Table | None:
    tables = db.metadata.tables
    name = TABLES.get(word, word)
    return tables.get(name, tables.get(f"{name}s"))


def _first_row(condition: Any) -> Any:
    kind = Notice if condition.left.table.name == Notice.__tablename__ else Member
    return db.session.query(kind).filter(condition).order_by(kind.id.desc()).first()
