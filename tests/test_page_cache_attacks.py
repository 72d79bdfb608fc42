"""Attacks on the page cache: another process that writes, and requests made to fill or poison it."""

import subprocess
import sys

from forum import page_cache
from forum.db import db
from tests.cached_site import GZIP, without_date
from tests.test_page_cache import path_of, world  # noqa: F401 - a fixture

WRITER = """
import sys
from sqlalchemy import create_engine, text
engine = create_engine(sys.argv[1])
for number in range(20):
    with engine.begin() as connection:
        connection.execute(text("UPDATE posts SET title = :title WHERE id = :id"), {"title": f"No. {number}.", "id": sys.argv[2]})
    print(number, flush=True)
    sys.stdin.readline()
"""


def test_no_page_is_older_than_what_another_process_has_committed(world):  # noqa: F811
    paths = [path_of(world.post), "/?sort=new", "/feed.atom"]
    url = db.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WRITER, url, str(world.post.id)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None and writer.stdout is not None
        for number in writer.stdout:
            for path in paths:
                db.session.rollback()  # as at the end of each request outside of a test
                assert f"No. {int(number)}." in world.get(path)[0][2].decode(), path
                assert world.is_cached(path)
            print(file=writer.stdin, flush=True)
    assert writer.returncode == 0 and int(number) == 19


HOSTILE = [
    *[
        ("accept-encoding", value)
        for value in ("gzip;q=" + "0" * 9, "*", "GZIP", "identity, *;q=0", "gzip\t;q=0.0", ",,,")
    ],
    *[("accept-language", "de"), ("x-forwarded-for", "10.0.0.1"), ("x-http-method-override", "DELETE")],
    *[("x-original-url", "/settings"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https")],
    *[("x-forwarded-port", "99"), ("x_forwarded_host", "evil.example"), ("forwarded", "host=evil.example")],
    *[("host", "evil.example"), ("host", ""), ("if-none-match", "W/" * 5000), ("te", "trailers")],
    *[("cache-control", "no-cache"), ("user-agent", "x" * 5000), ("referer", "https://evil.example/")],
]


def test_no_header_of_one_reader_changes_what_another_gets(world):  # noqa: F811
    path = path_of(world.post)
    expected = [without_date(world.fresh(path, *headers)) for headers in ((), (GZIP,))]
    for header in HOSTILE:
        world.pages._pages.clear()
        for _ in range(2):
            answer, _ = world.get(path, header)
            assert without_date(answer) == without_date(world.fresh(path, header)), header
        for headers, page in zip(((), (GZIP,)), expected, strict=True):
            assert without_date(world.get(path, *headers)[0]) == page, header


def test_long_headers_are_neither_used_as_keys_nor_cached(world):  # noqa: F811
    path = path_of(world.post)
    page_cache._accepts_gzip.cache_clear()
    for number in range(3):
        for header in (("accept-encoding", "x" * 5000 + str(number)), ("x-forwarded-proto", "x" * 5000)):
            assert not world.is_cached(path, header) and not world.is_cached(path, header)
    assert not world.pages._pages and page_cache._accepts_gzip.cache_info().currsize == 0
