"""Cached pages: what a stranger gets is, byte for byte, what the application would answer."""

from functools import partial

import pytest
from sqlalchemy import text as sql

from forum import page_cache, site, versions
from forum.db import db
from forum.gateway import environ_of, run
from forum.legal.models import LegalText
from forum.posts.actions import PostSubject, delete_post, edit_post
from forum.posts.comment_actions import delete_comment, write_comment
from forum.posts.models import Post
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import hide, unhide
from forum.posts.writing import mark_useful
from forum.ratings.actions import revise
from forum.urls import key_text
from tests.cached_site import GZIP, Site, scope_of, without_date
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.published import make_figures, publish_figures


@pytest.fixture
def world(app):
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    tag = make_tag("deals", ("bargains",))
    answers = {"worth": 3, "again": True, "interest": "none"}
    subject = PostSubject(vendor)
    post = make_post(subject=subject, tags=[tag], title="Deals that went elsewhere", rating_answers=answers)
    other = make_post(subject=PostSubject(vendor), tags=[tag], title="Another one of the kind")
    make_comment(post)
    commit()
    served = Site(app)
    served.post, served.other, served.vendor, served.tag = post, other, vendor, tag
    yield served
    served.pages._reader.close()


def commit():
    db.session.commit()
    settle_recounts(db.session.commit)
    db.session.rollback()


def addresses(world):
    """Return the pages that strangers read most; some show what the post's page shows, too."""
    ids = [(post.id, post.slug) for post in (world.post, world.other)]
    vendor, tag, member = world.vendor.slug, world.tag.slug, world.post.author.slug if world.post.author else "nobody"
    posts = [f"/posts/{key_text(number)}/{slug}" for number, slug in ids]
    return [
        *posts,
        *(f"/posts/{key_text(number)}/{part}" for number, _ in ids for part in ("feed.atom", "reply-count")),
        *("/", "/?sort=new", "/?tag=deals", f"/?vendor={vendor}", "/vendors", f"/vendors/{vendor}", "/compare"),
        f"/compare?v={vendor}",
        *("/tags/", f"/tags/{tag}", f"/tags/{tag}/feed.atom", f"/vendors/{vendor}/feed.atom", f"/members/{member}"),
        *("/feed.atom", "/sitemap.xml", "/sitemaps/pages.xml", "/robots.txt", "/about", "/rules", "/keyboard"),
        *("/how-scores-are-made", f"/categories/{world.vendor.category.slug}", "/data"),
    ]


def changes(world):
    """Yield each kind of change by name: what members, moderators, admins, jobs and a person with psql write."""
    post, other = world.post, world.other
    reader, reply = make_member(), make_comment(other)
    yield "reply", lambda: write_comment(post, reader, body="So did ours.", anonymous=False)
    yield "anonymous reply", lambda: write_comment(other, reader, body="Ours did, too.", anonymous=True)
    yield "vote", lambda: mark_useful(reader, other)
    yield "vote for a reply", lambda: mark_useful(reader, reply)
    yield "hide a reply", lambda: hide(reply, "A reason.")
    yield "show a reply", lambda: unhide(reply)
    yield "delete a reply", lambda: delete_comment(reply)
    subject = PostSubject(world.vendor)
    edit = partial(edit_post, body="Rewritten, and long enough.", leaning="bad", tags=post.tags, subject=subject)
    yield "edit", lambda: edit(post, title="What it says by now")
    for count in (9, 10, 19, 20):
        yield f"{count} replies", lambda n=count: db.session.execute(sql(f"UPDATE posts SET comment_count = {n}"))
    interest = {"worth": 3, "again": True, "interest": "vendor"}
    yield "rating", lambda: revise(post.rating, tier=None, answers=interest)
    undisclosed = "UPDATE ratings SET vendor_id = NULL, category_id = (SELECT max(id) FROM categories)"
    yield "rating by hand", lambda: db.session.execute(sql(undisclosed))
    yield "hide", lambda: hide(other, "A reason.")
    yield "show", lambda: unhide(other)
    yield "new post", lambda: make_post(subject=PostSubject(world.vendor), tags=[world.tag])
    yield from changes_of_site(world)
    yield "by hand", lambda: db.session.execute(sql("UPDATE posts SET title = 'By hand'"))
    yield "scores", lambda: publish_figures(world.vendor, make_figures(12))
    yield "delete", lambda: delete_post(db.session.get_one(Post, other.id))
    yield "erase", lambda: db.session.delete(post.author)


def changes_of_site(world):
    post = world.post
    yield "new name", lambda: setattr(post.author, "name", "Another Name")
    yield "new role", lambda: setattr(post.author, "role", "moderator")
    yield "vendor's name", lambda: setattr(world.vendor, "name", "Norrwall")
    yield "tier", lambda: setattr(world.vendor.programmes[0].tiers[0], "name", "Bronze")
    yield "tag", lambda: setattr(world.tag, "description", "Deal registration and what became of it.")
    yield "retired tag", lambda: setattr(world.tag, "retired_at", post.created_at)
    yield "announcement", lambda: site.change_setting("announcement", "We move on Sunday.")
    yield "pinned", lambda: site.pin_post(world.other.id)
    yield "legal", lambda: db.session.add(LegalText(page="imprint", body="Us", body_html="<p>Us</p>"))


def test_after_every_kind_of_change_a_cached_page_is_what_the_application_would_answer(world, noon):
    for name, change in changes(world):
        paths = addresses(world)
        commit()
        answers = [world.get(path, GZIP) for path in paths]
        for path, ((status, *_), _) in zip(paths, answers, strict=True):
            assert status != 200 or world.is_cached(path, GZIP), (name, path)
        change()
        commit()
        site.clear_cache()
        for path in paths:
            answer, _ = world.get(path, GZIP)
            assert without_date(answer) == without_date(world.fresh(path, GZIP)), (name, path)


def test_a_reply_leaves_other_threads_and_pages_about_the_site_cached(world):
    far = make_post(title="Far away from all that")
    world.other.comment_count = 12
    commit()
    for post in (world.post, far):
        assert not world.is_cached(path_of(post)) and world.is_cached(path_of(post))
    world.get("/about")
    write_comment(world.post, make_member(), body="So did ours.", anonymous=True)
    commit()
    assert world.is_cached(path_of(far)) and world.is_cached("/about")
    assert not world.is_cached(path_of(world.post))
    write_comment(world.other, make_member(), body="So did ours.", anonymous=False)
    commit()
    assert world.is_cached(path_of(world.post)), "it still shows 10+ replies"


def path_of(post):
    return f"/posts/{key_text(post.id)}/{post.slug}"


@pytest.mark.parametrize("headers", [(), (GZIP,), (("accept-encoding", "gzip;q=0, br"),)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_headers_and_body_are_those_of_the_application(world, headers, method):
    for path in (path_of(world.post), "/", "/feed.atom", f"/posts/{key_text(world.post.id)}/reply-count"):
        world.get(path, *headers)
        answer, is_new = world.get(path, *headers, method=method)
        assert not is_new
        assert without_date(answer) == without_date(world.fresh(path, *headers, method=method))
        assert "Content-Security-Policy" in dict(answer[1])


def test_a_client_that_has_the_page_gets_the_same_304_as_from_the_application(world):
    path = path_of(world.post)
    (_, headers, _), _ = world.get(path, GZIP)
    etag = dict(headers)["ETag"]
    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*", '"other"', "", "nonsense", '"'):
        condition = ("if-none-match", tags)
        for method in ("GET", "HEAD"):
            answer, is_new = world.get(path, GZIP, condition, method=method)
            assert not is_new
            assert without_date(answer) == without_date(world.fresh(path, GZIP, condition, method=method)), tags


@pytest.mark.parametrize(
    "header",
    [
        ("cookie", "session=1"),
        ("cookie", "other=1"),
        ("authorization", "Basic eA=="),
        ("range", "bytes=0-1"),
        ("if-modified-since", "Fri, 27 Nov 2026 06:00:00 GMT"),
        ("content-length", "0"),
        ("host", "a" * 300),
    ],
)
def test_an_unusual_request_is_answered_by_the_application(world, header):
    path = path_of(world.post)
    world.get(path)
    before = len(world.pages._pages)
    assert not world.is_cached(path, header) and not world.is_cached(path, header)
    assert len(world.pages._pages) == before


def test_another_host_scheme_encoding_or_query_is_another_page(world):
    path = path_of(world.post)
    world.get(path)
    assert not world.is_cached(path, GZIP) and world.is_cached(path, GZIP)
    assert not world.is_cached(path, ("host", "forum.example"))
    assert world.get(path, scheme="https")[1]
    assert not world.is_cached(f"{path}?sort=newest")


def test_a_page_for_a_member_is_never_cached(world, browse):
    member = browse(world.post.author)
    cookie = ("cookie", "; ".join(f"{c.key}={c.value}" for c in member._cookies.values()))
    for path in (path_of(world.post), "/", "/settings"):
        world.get(path, cookie)
    assert not world.pages._pages


def test_only_pages_whose_view_allows_it_are_cached(world):
    for path in (
        "/search?q=deals",
        "/sign-in",
        "/join",
        "/log",
        "/transparency",
        "/nowhere",
        "/health",
        "/static/app.css",
    ):
        assert not world.is_cached(path) and not world.is_cached(path), path
    assert not world.pages._pages


def test_cached_pages_take_no_more_memory_than_allowed(world):
    world.pages._max_bytes = 300_000
    for number in range(200):
        world.get(f"/?vendor=x{number}")
        assert world.pages._bytes <= 300_000
    assert world.pages._bytes == sum(page.size for page in world.pages._pages.values())
    assert 0 < len(world.pages._pages) < 200
    assert not world.is_cached("/?before=" + "x" * 300) and not world.is_cached("/?before=" + "x" * 300)


def test_a_page_is_cached_for_a_minute_and_not_over_midnight(world, monkeypatch):
    path = path_of(world.post)
    world.get(path)
    assert world.is_cached(path)
    now = page_cache.time.monotonic()
    monkeypatch.setattr(page_cache.time, "monotonic", lambda: now + 61)
    assert not world.is_cached(path)
    monkeypatch.undo()
    late = page_cache.DAY * 20_000 - 2.0
    monkeypatch.setattr(page_cache.time, "time", lambda: late)
    world.get("/about")
    (page,) = [page for key, page in world.pages._pages.items() if "/about" in key]
    assert page.expires_at <= page_cache.time.monotonic() + 2


@pytest.mark.parametrize(
    "statement", ["UPDATE posts SET title = 'Later'", "UPDATE ratings SET vendor_id = NULL, category_id = 1"]
)
def test_a_page_is_not_cached_when_something_was_committed_while_it_was_made(world, statement):
    scope, category = scope_of(path_of(world.post)), world.vendor.category_id
    db.session.rollback()

    def make():
        response = run(world.app.wsgi_app, environ)
        with db.engine.begin() as connection:
            connection.execute(sql(statement.replace("= 1", f"= {category}")))
        return response

    environ = environ_of(scope)
    world.pages.make(page_cache.key_of(scope), scope, environ, make)
    assert not world.pages._pages


def test_metrics_count_a_cached_page_like_any_other(world):
    path, visits = path_of(world.post), []
    world.pages._count = lambda method, path, status, seconds: visits.append((method, path, status))
    world.get(path)
    assert not visits, "the application counts what it answers"
    assert world.is_cached(path)
    world.get(path, method="HEAD")
    world.get(path, ("if-none-match", "*"))
    assert visits == [("GET", path, 200), ("HEAD", path, 200), ("GET", path, 304)]


def test_without_versions_no_page_is_cached(world, monkeypatch):
    path = path_of(world.post)
    world.get(path)
    monkeypatch.setattr(world.pages._reader, "current", lambda subjects: None)
    assert not world.is_cached(path) and not world.is_cached(path)


def test_what_is_cached_is_the_same_in_two_worlds(world):
    """Keys and versions that change: they must not depend on who wrote anonymously."""
    author, other = make_member(), make_member()
    commit()
    worlds = []
    for writer in (author, other):
        world.pages._pages.clear()
        for path in addresses(world):
            world.get(path)
        before = all_versions()
        write_comment(world.post, writer, body="Nobody knows who says so.", anonymous=True)
        commit()
        after = all_versions()
        changed = {subject for subject in before if before[subject] != after[subject]}
        pages = {key: page.subjects for key, page in world.pages._pages.items()}
        worlds.append((changed, pages))
    assert worlds[0] == worlds[1]
    assert worlds[0][0] == {versions.LISTS, versions.of_post(world.post.id), versions.of_related(world.post.id)}


def all_versions():
    with db.engine.connect() as connection:
        return dict(connection.execute(sql("SELECT subject, version FROM page_versions")).all())
