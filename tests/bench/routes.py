"""What each route costs in the demo community, in a large one, and in one of a tenth of its size.

    python -m tests.bench.routes                      SQLite, in a temporary folder
    python -m tests.bench.routes --folder DIRECTORY   keep the filled databases there, and use them when they are filled
    python -m tests.bench.routes --database URL       PostgreSQL: this database, and two more with _tenth and _demo in their names
    python -m tests.bench.routes --scale 0.1          a tenth of the numbers
    python -m tests.bench.routes --only log. data.    only routes with these words

Every route that answers GET is visited as a stranger, a member, a member who follows and has written much, and an admin,
in this process: CPU ms of this process and, with PostgreSQL, of its server. The three communities are visited in turn and
the cheapest visit counts, so that a busy machine changes little. A route that costs more than the demo community's is of
one of four kinds:

- grows: it costs more in the large community than in that of a tenth. None may: the exit code is 1.
- longer: it costs the same in both, and the page is longer than in the demo community, by as much as it costs more.
- heavier: it costs the same in both, and more than the length of the page explains: behind it lies more that the reader
  has written and follows, or that staff have to do, than anybody's in the demo community. The reader who has most has
  as much in both.
- export: the answer is all that there is of something, by its nature (EXPORTS).
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import flask_migrate
from flask import Flask
from sqlalchemy import create_engine, make_url, select
from sqlalchemy import text as sql
from sqlalchemy.exc import ProgrammingError

from forum import create_app
from forum.accounts.models import Member
from forum.db import db
from forum.demo.actions import fill_demo
from forum.pages.open_data.jobs import refresh_open_data
from forum.posts.models import Comment, Post
from forum.urls import key_text
from tests import crawl
from tests.bench import large
from tests.bench.visits import STEPS_COUNTED, Community, Cost
from tests.browser import Browser
from tests.conftest import settings_for

RUNS = 5
# What may be between two communities: a ratio, and milliseconds that are noise.
MAX_TIMES, NOISE_MS = 1.3, 1.0
EXPORTS = {
    "admin.export_vendors": "all vendors with their programmes and tiers",
    "data.vendors_csv": "the published figures of all vendors",
    "data.vendors_json": "the published figures of all vendors",
    "feeds.sitemap_of_month": "the addresses of all posts of a month",
    "feeds.sitemap_of_pages": "the addresses of all vendors and tags",
    "log.transparency_csv": "the figures of all months",
}
# What these show is bounded, but the community of a tenth has less than that: 100 vendors, 240 signed texts of a member.
BOUNDED = {
    **dict.fromkeys(
        ("pages.home", "home, new", "home, top", "home, unanswered", "home, a tag"), "200 vendors to choose"
    ),
    **dict.fromkeys(("admin.merge_vendor", "posts.new", "ratings.choose", "rankings.compare"), "300 vendors to choose"),
    "spam.member": "1,000 texts are counted",
}


class Result(NamedTuple):
    """What a route costs a reader in each community."""

    reader: str
    route: str
    demo: Cost
    tenth: Cost
    large: Cost

    @property
    def times(self) -> float:
        """How many times what it costs in the demo community."""
        return self.large.cpu / self.demo.cpu

    @property
    def kind(self) -> str:
        """Which of the kinds above it is; empty for a route that costs what it costs in the demo community."""
        grows = _is_more(self.large, self.tenth) and _has_reason(self.large, self.tenth)
        if not grows and not _is_more(self.large, self.demo):
            return ""
        if self.route in EXPORTS:
            return "export"
        if grows and self.route not in BOUNDED:
            return "grows"
        return "longer" if self.times <= MAX_TIMES * self.large.size / self.demo.size else "heavier"


def _is_more(cost: Cost, other: Cost) -> bool:
    return cost.cpu > MAX_TIMES * other.cpu and cost.cpu - other.cpu > NOISE_MS


def _has_reason(cost: Cost, other: Cost) -> bool:
    """Return whether it can be more than noise: SQLite did more, or the answer is longer. PostgreSQL counts no steps."""
    if cost.steps is None or other.steps is None:
        return True
    return cost.steps > MAX_TIMES * other.steps + STEPS_COUNTED or cost.size > MAX_TIMES * other.size


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


def filled_app(url: str, folder: Path, fill: Any) -> Flask:
    """Return an application over a community, filled unless its database is."""
    folder.mkdir(parents=True, exist_ok=True)
    app = create_app(settings_for(url, folder, RATELIMIT_ENABLED=False))
    app.test_client_class = Browser
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        db.session.remove()
        if db.session.scalar(select(Post.id).limit(1)) is None:
            start = time.perf_counter()
            fill()
            db.session.commit()
            print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
        refresh_open_data()
        db.session.remove()
    return app


def open_community(app: Flask) -> Community:
    """Return the community with readers who have signed in a moment ago: some pages ask who signed in long ago again."""
    with app.app_context(), app.test_request_context():
        addresses = paths(app)
        browsers = readers(app)
        db.session.remove()
    return Community(app, addresses, browsers)


def measure(communities: list[Community], words: Iterable[str], runs: int) -> Iterator[Result]:
    """Yield the costs of each route for each reader, where all communities have a page, and say so on the way."""
    for reader in communities[0].browsers:
        for route in communities[0].addresses:
            if words and not any(word in route for word in words):
                continue
            visits = [[community.visit(reader, route) for community in communities] for _ in range(runs)]
            costs = [[cost for cost in row if cost is not None] for row in zip(*visits, strict=True)]
            if all(costs):
                result = Result(reader, route, *(min(row) for row in costs))
                print(_line(result), file=sys.stderr, flush=True)
                yield result


def table(results: Iterable[Result]) -> Iterator[str]:
    """Yield a Markdown table, the worst ratio first."""
    yield "| route | reader | demo, ms | tenth, ms | large, ms | times | kind | server, ms | queries | KB |"
    yield "| --- | --- | --: | --: | --: | --: | --- | --: | --: | --: |"
    yield from map(_line, sorted(results, key=lambda row: -row.times))


def _line(row: Result) -> str:
    costs = (row.demo, row.tenth, row.large)
    milliseconds = " | ".join(f"{cost.cpu:.1f}" for cost in costs)
    queries = " / ".join(str(cost.queries) for cost in costs)
    sizes = " / ".join(f"{cost.size / 1000:.0f}" for cost in costs)
    return (
        f"| {row.route} | {row.reader} | {milliseconds} | {row.times:.1f} | {row.kind} "
        f"| {row.large.server_cpu:.1f} | {queries} | {sizes} |"
    )


def databases(args: argparse.Namespace, folder: Path) -> list[str]:
    """Return the addresses of the demo community, of that of a tenth and of the large one."""
    if args.database is None:
        return [f"sqlite:///{folder}/{name}.sqlite" for name in ("demo", "tenth", "large")]
    large_url = make_url(args.database)
    names = [f"{large_url.database}{suffix}" for suffix in ("_demo", "_tenth")]
    with create_engine(large_url, isolation_level="AUTOCOMMIT").connect() as connection:
        for name in names:
            try:
                connection.execute(sql(f'CREATE DATABASE "{name}"'))
            except ProgrammingError:
                print(f"{name} exists")
    urls = [*(large_url.set(database=name) for name in names), large_url]
    return [url.render_as_string(hide_password=False) for url in urls]


def main() -> None:
    """Measure the communities, print the table, and exit with 1 when a route grows."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.routes")
    parser.add_argument("--database")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--statements", action="store_true", help="print the large community's slow statements")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as temporary:
        folder = args.folder or Path(temporary)
        fillings = (fill_demo, large.Filling(args.scale / 10).fill, large.Filling(args.scale).fill)
        urls = databases(args, folder)
        apps = [
            filled_app(url, folder / f"instance-{n}", fill)
            for n, (url, fill) in enumerate(zip(urls, fillings, strict=True))
        ]
        communities = [*map(open_community, apps)]
        results = list(measure(communities, args.only, args.runs))
        for row in results if args.statements else ():
            for line in communities[-1].slow_statements(row.reader, row.route):
                print(f"    {row.route}, {row.reader}: {line}")
    print("\n".join(table(results)))
    kinds = [row.kind for row in results]
    print(f"\n{len(kinds)} visits: {kinds.count('')} cost what they cost in the demo community, ", end="")
    print(", ".join(f"{kinds.count(kind)} {kind}" for kind in ("longer", "heavier", "export", "grows")))
    sys.exit("grows" in kinds)


if __name__ == "__main__":
    main()
