"""What each route costs in a large community, beside the demo community.

    python -m tests.bench.routes                      SQLite, in a temporary folder
    python -m tests.bench.routes --database URL       PostgreSQL, in an empty database
    python -m tests.bench.routes --scale 0.1          a tenth of the numbers
    python -m tests.bench.routes --folder DIRECTORY   keep the filled database there, and use it when it is filled

Every route that answers GET is visited as a stranger, a member, a member who follows and has written much, and an admin,
in this process: CPU ms of this process, and with PostgreSQL milliseconds of the clock beside them, since its server works
in another. Queries over 20 ms are printed with `--statements`.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import flask_migrate
from flask import Flask
from sqlalchemy import Engine, event, select

from forum import create_app
from forum.accounts.models import Member
from forum.db import db
from forum.demo.actions import fill_demo
from forum.pages.open_data.jobs import refresh_open_data
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests import crawl
from tests.bench import large
from tests.browser import Browser
from tests.conftest import settings_for

RUNS = 5
SLOW_STATEMENT_MS = 20


class Cost(NamedTuple):
    """The median cost of a visit: CPU and clock, in milliseconds; its queries, and the size of the answer in bytes."""

    cpu: float
    clock: float
    queries: int
    size: int


@contextmanager
def statements() -> Iterator[list[tuple[float, str]]]:
    """Record the statements of the block, each with how long it took in milliseconds."""
    record: list[tuple[float, str]] = []
    starts: list[float] = []

    def before(*details: Any) -> None:
        starts.append(time.perf_counter())

    def after(connection: object, cursor: object, statement: str, *details: Any) -> None:
        record.append(((time.perf_counter() - starts.pop()) * 1000, statement))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield record
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def visit(browser: Any, path: str, *, prints_statements: bool) -> Cost | None:
    """Visit a page several times; None where this reader gets no page."""
    cpus, clocks = [], []
    with statements() as record:
        for _ in range(RUNS):
            record.clear()
            clock, cpu = time.perf_counter(), time.process_time()
            response = browser.get(path)
            cpus.append((time.process_time() - cpu) * 1000)
            clocks.append((time.perf_counter() - clock) * 1000)
            if response.status_code >= 300:
                return None
    if prints_statements:
        for took, statement in record:
            if took > SLOW_STATEMENT_MS:
                print(f"    {took:.0f} ms on {path}: {' '.join(statement.split())[:1500]}", flush=True)
    return Cost(statistics.median(cpus), statistics.median(clocks), len(record), len(response.data))


def paths(app: Flask) -> dict[str, str]:
    """Return one address of each route that answers GET, with those that show the most rows."""
    first = {endpoint: addresses[0] for endpoint, addresses in crawl.addresses(app).items() if addresses}
    latest = db.session.scalars(select(Post).order_by(Post.comment_count.desc()).limit(1)).one()
    last = select(Comment.id).where(Comment.post_id == latest.id).order_by(Comment.path.desc()).limit(1)
    first["posts.show"] = f"/posts/{key_text(latest.id)}/{latest.slug}"
    first["long thread, last page"] = f"{first['posts.show']}?page={max(latest.comment_count // 50, 1)}"
    first["permalink far down"] = f"/replies/{key_text(db.session.scalars(last).one())}"
    tag = db.session.scalars(select(Post).order_by(Post.created_at.desc()).limit(1)).one().tags
    if tag:
        first |= {"home, a tag": f"/?tag={tag[0].slug}"}
    return first | {f"home, {sort}": f"/?sort={sort}" for sort in ("new", "top", "unanswered")}


def readers(app: Flask) -> dict[str, Any]:
    """Return a browser for each kind of reader."""
    members = db.session.scalars(
        select(Member).where(Member.confirmed_at.is_not(None)).order_by(Member.id).limit(3)
    ).all()
    heavy, ordinary, admin = members[0], members[1], members[2]
    heavy.role, ordinary.role, admin.role = "member", "member", "admin"
    db.session.commit()
    return {
        "stranger": app.test_client(),
        "member": app.test_client(user=ordinary),
        "heavy member": app.test_client(user=heavy),
        "admin": app.test_client(user=admin),
    }


def measure(url: str, folder: Path, fill: Any, *, prints_statements: bool = False) -> dict[tuple[str, str], Cost]:
    """Return the costs by reader and route."""
    app = create_app(settings_for(url, folder, RATELIMIT_ENABLED=False))
    app.test_client_class = Browser
    costs: dict[tuple[str, str], Cost] = {}
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        db.session.remove()
        if db.session.scalar(select(Post.id).limit(1)) is None:
            start = time.perf_counter()
            fill()
            db.session.commit()
            print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
        refresh_open_data()
        addresses = paths(app)
        browsers = readers(app)
        db.session.remove()
    for reader, browser in browsers.items():
        for route, path in addresses.items():
            with app.app_context():
                cost = visit(browser, path, prints_statements=prints_statements)
            if cost is not None:
                costs[reader, route] = cost
    return costs


def table(demo: dict[tuple[str, str], Cost], full: dict[tuple[str, str], Cost]) -> Iterator[str]:
    """Yield a Markdown table, the worst ratio first."""
    yield "| route | reader | demo, ms | large, ms | times | clock, ms | queries | KB |"
    yield "| --- | --- | --: | --: | --: | --: | --: | --: |"
    for key in sorted(demo.keys() & full.keys(), key=lambda key: -full[key].clock / demo[key].clock):
        small, big = demo[key], full[key]
        yield (
            f"| {key[1]} | {key[0]} | {small.cpu:.1f} | {big.cpu:.1f} | {big.clock / small.clock:.1f} "
            f"| {big.clock:.1f} | {small.queries} / {big.queries} | {big.size / 1000:.0f} |"
        )


def main() -> None:
    """Measure both communities and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.routes")
    parser.add_argument("--database")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--statements", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        demo = measure(f"sqlite:///{temporary}/demo.sqlite", Path(temporary), fill_demo)
        url = args.database or f"sqlite:///{folder}/large.sqlite"
        full = measure(url, folder, large.Filling(args.scale).fill, prints_statements=args.statements)
    print("\n".join(table(demo, full)))


if __name__ == "__main__":
    main()
