"""The site under measurement: `forum serve` over its own community, and the requests of its readers and writers."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

import flask_migrate
from flask import Flask

from forum import create_app
from forum.accounts.bylines import byline
from forum.config import from_environment
from forum.dates import format_day, format_iso
from forum.db import db
from forum.posts.comment_queries import thread_page
from forum.posts.queries import post_page_row
from forum.posts.recounts import settle_recounts
from forum.posts.related_queries import related_posts
from forum.posts.tags.queries import tag_slugs_of
from forum.site import SiteSetting
from forum.urls import key_text
from tests.bench import load
from tests.bench.community import Community, create_community
from tests.bench.yardstick import PAGE
from tests.browser import Browser
from tests.query_counts import recorded_queries

# A member may reply 20 times a minute: every writer writes less than that, so the limits stay in force.
REPLIES_EACH = 18
# The share of the replies that are written beside readers, by their number a second; the rest are for writing alone.
SHARES = {2: 0.01, 20: 0.08, 100: 0.4}


class Prepared(NamedTuple):
    """By name of measurement: the requests, and how many queries a response costs; and the address of the post."""

    requests: dict[str, list[bytes]]
    queries: dict[str, int]
    path: str


def environment(folder: Path, port: int, database: str | None) -> dict[str, str]:
    """Return the environment of the server."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    environ |= {"FORUM_INSTANCE": str(folder), "FORUM_PORT": str(port), PAGE: str(folder / "page.json")}
    return environ | ({"FORUM_DATABASE_URL": database} if database else {})


def prepare(environ: dict[str, str]) -> Prepared:
    """Fill the database and build every request."""
    app = create_app(from_environment(environ) | {"RATELIMIT_ENABLED": False})
    app.test_client_class = Browser
    with app.app_context(), app.test_request_context(base_url=app.config["SITE_URL"]):
        flask_migrate.upgrade()
        community = create_community()
        # No anonymous reply waits for a moderator at random: each is asked for right after it was written.
        db.session.merge(SiteSetting(name="anonymous_percent_held", value=0))
        db.session.commit()
        settle_recounts(db.session.commit)
        Path(environ[PAGE]).write_text(json.dumps(_page(community)))
        paths = [_path(post) for post in [community.measured, *community.unmeasured]]
        writers = [db.session.merge(member, load=False) for member in community.writers]
        _ = [member.get_id() for member in writers]
        db.session.expunge_all()
    cookies = [_sign_in(app, member, paths[0]) for member in writers]
    return Prepared(_requests(paths, cookies), _query_counts(app, paths[0], cookies[0][0]), paths[0])


def _requests(paths: list[str], cookies: list[tuple[str, str]]) -> dict[str, list[bytes]]:
    readers = [cookie for cookie, _ in cookies[:8]]
    replies = list(_replies(cookies, paths[1:]))
    slow_replies: dict[str, list[bytes]] = {}
    for rate, share in SHARES.items():
        number = int(share * REPLIES_EACH * len(cookies))
        slow_replies[forms_for(rate)], replies = replies[:number], replies[number:]
    return slow_replies | {
        "bare page (R)": [load.get("/")],
        "post, stranger": [load.get(paths[0])],
        "post, signed in": [load.get(paths[0], Cookie=cookie) for cookie in readers],
        "post, nothing cached": [load.get(paths[0])],
        "post, gzip": [load.get(paths[0], Accept_Encoding="gzip")],
        "home, stranger": [load.get("/")],
        "home, signed in": [load.get("/", Cookie=cookie) for cookie in readers],
        "writing a reply": replies,
        **{f"reading beside {rate} replies a second": [load.get(path) for path in paths] for rate in SHARES},
    }


def forms_for(rate: int) -> str:
    """Return under which name the replies are that are written beside readers at a rate."""
    return f"replies, {rate} a second"


def _query_counts(app: Flask, path: str, cookie: str) -> dict[str, int]:
    return {
        "post, stranger": _queries(app, path),
        "post, signed in": _queries(app, path, cookie),
        "home, stranger": _queries(app, "/"),
        "home, signed in": _queries(app, "/", cookie),
    }


def _path(post: Any) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


def _page(community: Community) -> dict[str, Any]:
    """Return what the yardstick renders: the same post and the same replies."""
    post = post_page_row(community.measured.id)
    by = byline(post)
    return {
        "path": _path(post),
        "title": post.title,
        "excerpt": post.excerpt,
        "iso": format_iso(post.created_at),
        "day": format_day(post.created_at, year=True),
        "vendor": post.vendor_name,
        "name": by.name,
        "body": post.body_html,
        "tags": tag_slugs_of([post.id])[post.id],
        "related": [
            {"path": _path(row), "title": row.title, "replies": row.comment_count}
            for row in related_posts(post.id, post.vendor_id)
        ],
        "replies": [_reply(row) for row in thread_page(post.id).rows],
    }


def _reply(row: Any) -> dict[str, Any]:
    by = byline(row)
    return {
        "key": key_text(row.id),
        "name": by.name,
        "slug": row.author_slug,
        "anonymous": by.anonymous,
        "about": by.details,
        "iso": format_iso(row.created_at),
        "day": format_day(row.created_at),
        "body": row.body_html,
        "useful": row.useful_count,
    }


def _sign_in(app: Flask, member: Any, path: str) -> tuple[str, str]:
    """Return a member's cookie and CSRF token after a first page."""
    with app.app_context():
        browser: Any = app.test_client(user=member)
        for _ in range(2):
            answer = browser.get(path, headers={"User-Agent": "bench"}, environ_base={"REMOTE_ADDR": "127.0.0.1"})
        token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        cookie = browser.get_cookie("session")
    assert token and cookie, "the page has no form for a member who is signed in"
    return f"session={cookie.value}", token[1]


def _replies(cookies: Sequence[tuple[str, str]], paths: Sequence[str]) -> Iterator[bytes]:
    """Yield replies by each writer in turn, to each post in turn; each is sent once."""
    for n in range(REPLIES_EACH * len(cookies)):
        cookie, token = cookies[n % len(cookies)]
        form = {
            "csrf_token": token,
            "submission": f"{n:032x}",
            "to": "",
            "body": f"We saw the same in our region, for the {n}th time, and asked for *written* terms since.",
            "identity": "anonymous" if n % 4 == 0 else "name",
            "intent": "publish",
        }
        path = paths[n % len(paths)]
        yield load.post(path.rsplit("/", 1)[0] + "/reply", urlencode(form).encode(), Cookie=cookie)


def _queries(app: Flask, path: str, cookie: str | None = None) -> int:
    headers = {"User-Agent": "bench"} | ({"Cookie": cookie} if cookie else {})
    client = app.test_client(use_cookies=False)
    with app.app_context():
        client.get(path, headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})  # keeps what is shared
        with recorded_queries() as statements:
            client.get(path, headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    return len(statements)


@contextmanager
def running(command: Sequence[str], port: int, environ: dict[str, str]) -> Iterator[int]:
    """Run a server, and yield its process id once it answers."""
    root = Path(__file__).parent.parent.parent
    server = subprocess.Popen([sys.executable, *command], env=environ, cwd=root, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)
