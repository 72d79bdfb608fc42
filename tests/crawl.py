"""Every address that the routes have, with real values from the database in the place of each converter.

A new route is found by itself when the word before its converter is a table's name ("/posts/<key:post_id>") or is
explained in TABLES; links that come by mail are made in TOKENS. What cannot be visited stands in EXCUSED with the reason.
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

# The word before a converter, where it is not the name of the table.
TABLES = {"replies": "comments", "reply": "comments", "log": "decisions", "delayed": "scheduled_texts"}
# Links that came by mail, made for somebody whom they can be for.
TOKENS: dict[str, tuple[Any, Callable[[Any], str | None]]] = {
    "accounts.confirm": (Member.confirmed_at.is_(None), lambda who: mailed(who, "confirm")),
    "accounts.new_password": (Member.password_hash.is_not(None), lambda who: mailed(who, "password")),
    "accounts.claim": (Member.password_hash.is_(None), lambda who: mailed(who, "claim")),
    "accounts.new_email": (Member.password_hash.is_not(None), lambda who: mailed(who, "email", "new@partner.example")),
    "following.unsubscribe": (Member.confirmed_at.is_not(None), lambda who: unsubscribing(who.id)),
    "notices.confirm": (Notice.confirmed_at.is_(None), confirming),
    "notices.show": (Notice.confirmed_at.is_not(None), lambda notice: (unseal_sender(notice) or Sender("", "")).secret),
}
EXCLUDED = {"static": "files of the package, the same for everybody"}
# What the same page shows otherwise when asked otherwise.
QUERY_STRINGS = {
    "pages.home": ["sort=new", "sort=top", "sort=unanswered", "vendor=undisclosed", "rated=1", "leaning=bad"],
    "moderation.index": ["kind=flag", "kind=held", "kind=appeal", "kind=notice", "sort=weight"],
    "following.index": ["show=all"],
    "log.index": ["action=warn", "action=bar", "rule=5"],
    "rankings.compare": ["vendor=northwind&vendor=lakeside"],
}
MAX_PER_TABLE = 40


def routes(app: Flask) -> list[Rule]:
    """Those that answer a GET."""
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]


def addresses(app: Flask, *, with_mailed_links: bool = False) -> dict[str, list[str]]:
    """The addresses of each endpoint, with the links that come by mail if wanted."""
    found: dict[str, list[str]] = {}
    for rule in routes(app):
        if rule.endpoint not in EXCLUDED:
            found.setdefault(rule.endpoint, []).extend(_addresses_of(rule, with_mailed_links))
    for endpoint, questions in QUERY_STRINGS.items():
        found[endpoint] += [f"{found[endpoint][0]}?{question}" for question in questions]
    return found


def links_in(page: str) -> Iterator[str]:
    """Addresses of this site that the page links to, without their anchors."""
    site = re.escape(current_app.config["SITE_URL"])
    for link in re.findall(rf'(?:href|action|src)="(?:{site})?(/[^"#]*)', page):
        yield link.replace("&amp;", "&")


def _addresses_of(rule: Rule, with_mailed_links: bool) -> Iterator[str]:
    if rule.arguments == {"year", "month"}:
        moment = now()
        yield url_for(rule.endpoint, year=moment.year, month=moment.month)
        return
    filled = [
        _values_of(rule, name, with_mailed_links) for name in sorted(rule.arguments) if not (_is_post(rule) and name == "slug")
    ]
    for values in product(*filled):
        given = dict(values)
        if _is_post(rule) and "slug" in rule.arguments:
            posts = db.metadata.tables["posts"].c
            given["slug"] = db.session.scalar(select(posts.slug).where(posts.id == given["post_id"]))
        yield url_for(rule.endpoint, **given)


def _is_post(rule: Rule) -> bool:
    return rule.endpoint == "posts.show"


def _values_of(rule: Rule, name: str, with_mailed_links: bool) -> list[tuple[str, Any]]:
    """What stands in the place of one converter."""
    if rule.endpoint in TOKENS:
        condition, made = TOKENS[rule.endpoint]
        whose = _first_row(condition) if with_mailed_links else None
        return [(name, made(whose))] if whose is not None else []
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
    named = TABLES.get(word, word)
    return tables.get(named, tables.get(f"{named}s"))


def _first_row(condition: Any) -> Any:
    kind = Notice if condition.left.table.name == Notice.__tablename__ else Member
    return db.session.query(kind).filter(condition).order_by(kind.id.desc()).first()
