"""Feeds, the sitemap, robots.txt, and the metadata of pages."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

from forum.db import db, now
from forum.pages import feed_views, sitemaps
from forum.posts.actions import PostSubject, edit_post
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def path_to(post: Post, end: str = "") -> str:
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def feed(reader: Any, path: str) -> Any:
    answer = reader.get(path)
    assert answer.status_code == 200 and answer.mimetype == "application/atom+xml"
    return ET.fromstring(answer.text)


def test_each_feed_is_atom_with_what_its_page_shows(app: Any, browse: Any) -> None:
    vendor, tag = make_vendor("Nordwall & Söhne"), make_tag("deals")
    post = make_post(
        title='Q&A: "1 < 2"?', subject=PostSubject(vendor), tags=[tag], body="**Bold** & <b>not</b>. " + "x" * 30
    )
    comment = make_comment(post, body="An *answer*.", anonymous=True)
    make_post(title="Something else entirely")
    for path, count in (
        ("/feed.atom", 2),
        ("/tags/deals/feed.atom", 1),
        (f"/vendors/{vendor.slug}/feed.atom", 1),
        (path_to(post, "feed.atom"), 1),
    ):
        root = feed(browse(), path)
        entries = root.findall(f"{ATOM}entry")
        assert len(entries) == count and root.findtext(f"{ATOM}id") == f"http://localhost{path}"
        for node in (root, *entries):
            for name in ("id", "title", "updated"):
                assert node.findtext(f"{ATOM}{name}"), (path, name)
            datetime.fromisoformat(node.findtext(f"{ATOM}updated") or "")
        ids = [entry.findtext(f"{ATOM}id") for entry in entries]
        assert len(set(ids)) == count
    entry = feed(browse(), "/tags/deals/feed.atom").find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == 'Q&A: "1 < 2"?'
    assert "<strong>Bold</strong>" in entry.findtext(f"{ATOM}content") and "<b>" not in entry.findtext(f"{ATOM}content")
    assert entry.find(f"{ATOM}link").get("href") == f"http://localhost{path_to(post)}"
    entry = feed(browse(), path_to(post, "feed.atom")).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == comment.pseudonym.name
    assert (entry.findtext(f"{ATOM}published") or "").endswith("T00:00:00Z")


def test_an_empty_feed_is_a_feed_and_a_missing_one_is_404(app: Any, browse: Any) -> None:
    assert feed(browse(), "/feed.atom").findtext(f"{ATOM}updated")
    for path in ("/tags/nothing/feed.atom", "/vendors/nobody/feed.atom", "/posts/0000000000/feed.atom"):
        assert browse().get(path).status_code == 404


def test_a_feed_changes_its_entry_when_the_text_is_edited_and_keeps_its_id(app: Any, browse: Any) -> None:
    post = make_post(at=now() - timedelta(days=2))
    before = feed(browse(), "/feed.atom").find(f"{ATOM}entry")
    edit_post(post, title="A different title now", body=post.body, leaning="bad", tags=post.tags)
    db.session.commit()
    after = feed(browse(), "/feed.atom").find(f"{ATOM}entry")
    assert before.findtext(f"{ATOM}id") == after.findtext(f"{ATOM}id")
    assert before.findtext(f"{ATOM}updated") < after.findtext(f"{ATOM}updated")


def test_the_sitemap_leads_to_every_public_page_and_to_no_other(app: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall")
    proposal = make_vendor("Not yet accepted")
    proposal.accepted_at = None
    old = make_post(at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC), subject=PostSubject(vendor))
    new = make_post(at=datetime(2026, 2, 1, tzinfo=UTC))
    hidden = make_post(at=datetime(2026, 3, 2, tzinfo=UTC))
    hidden.hidden_at = now()
    db.session.commit()
    index = ET.fromstring(browse().get("/sitemap.xml").text)
    parts = [node.text.removeprefix("http://localhost") for node in index.iter(f"{SITEMAP}loc")]
    assert parts == ["/sitemaps/pages.xml", "/sitemaps/2025-12.xml", "/sitemaps/2026-02.xml"], "no month without posts"
    paths: list[str] = []
    for part in parts:
        root = ET.fromstring(browse().get(part).text)
        paths += [node.text.removeprefix("http://localhost") for node in root.iter(f"{SITEMAP}loc")]
    assert {path_to(old), path_to(new), "/", "/vendors/nordwall", "/about"} <= set(paths)
    assert path_to(hidden) not in paths and f"/vendors/{proposal.slug}" not in paths
    assert len(paths) == len(set(paths))
    for path in paths:
        assert browse().get(path).status_code == 200, path
    for path in ("/sitemaps/2026-13.xml", "/sitemaps/1999-01.xml", "/sitemaps/2026-1.xml", "/sitemaps/0000-00.xml"):
        assert browse().get(path).status_code == 404


def test_a_long_sitemap_is_sent_in_pieces_with_the_same_content(app: Any, browse: Any, monkeypatch: Any) -> None:
    posts = [make_post(at=datetime(2026, 2, 1 + n, n % 2, tzinfo=UTC)) for n in range(5)]
    db.session.commit()
    path = "/sitemaps/2026-02.xml"
    whole = browse().get(path)
    assert "2026-02-05</lastmod>" in whole.text and "2026-02-02T01:00:00Z" in whole.text
    monkeypatch.setattr(feed_views, "MAX_CACHED_ENTRIES", 2)
    monkeypatch.setattr(sitemaps, "ENTRIES_IN_PIECE", 2)
    posts[0].useful_count += 1  # what was kept is forgotten
    db.session.commit()
    with app.app_context():
        answer = app.test_client().get(path, buffered=False)
        assert answer.is_streamed and next(iter(answer.iter_encoded())).count(b"<loc>") == 2
    plain = browse().get(path)
    assert plain.data == whole.data and plain.headers["Cache-Control"] == "public, no-cache"
    packed = browse().get(path, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == whole.data and packed.headers["Vary"] == "Cookie, Accept-Encoding"
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        etag = browse().get(path, headers=headers).headers["ETag"]
        assert browse().get(path, headers=headers | {"If-None-Match": etag}).status_code == 304
    assert browse().head(path).data == b""
    assert "Content-Encoding" not in browse(make_member()).get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_robots_txt_names_the_sitemap_and_what_is_disallowed(app: Any, browse: Any) -> None:
    answer = browse().get("/robots.txt")
    assert answer.mimetype == "text/plain" and "Sitemap: http://localhost/sitemap.xml" in answer.text
    assert "Disallow: /settings" in answer.text and "Disallow: /admin/" in answer.text


def canonical(page: str) -> str:
    matches = re.findall(r'<link rel="canonical" href="([^"]+)">', page)
    assert len(matches) == 1
    return unescape(matches[0])


def test_each_public_page_names_its_one_address(app: Any, browse: Any) -> None:
    post = make_post(tags=[make_tag("deals")], subject=PostSubject(make_vendor("Nordwall")))
    member = make_member(slug="marta")
    site_url = "http://localhost"
    for path, address in {
        "/": "/",
        "/?sort=active": "/",
        "/?sort=new&utm_source=x": "/?sort=new",
        "/?vendor=nordwall&leaning=bad": "/?vendor=nordwall&leaning=bad",
        "/about": "/about",
        "/rules": "/rules",
        "/tags/": "/tags/",
        "/tags/deals": "/tags/deals",
        "/vendors/nordwall": "/vendors/nordwall",
        f"/members/{member.slug}": "/members/marta",
        path_to(post) + "?utm_source=x": path_to(post),
    }.items():
        assert canonical(browse().get(path).text) == site_url + address, path


def test_a_post_describes_itself_to_other_sites_and_to_search(app: Any, browse: Any) -> None:
    post = make_post(make_member(name="Marta Aalto"), title='A "quoted" <title> here')
    top = make_comment(post, make_member(name="Jussi Korhonen"), body="An answer.")
    make_comment(post, parent=top, anonymous=True)
    page = browse().get(path_to(post)).text
    og = {name: unescape(value) for name, value in re.findall(r'<meta property="(og:\w+)" content="([^"]*)">', page)}
    assert og["og:title"] == post.title and og["og:type"] == "article"
    assert og["og:url"] == f"http://localhost{path_to(post)}" and og["og:description"] == post.excerpt
    for words in (
        'itemtype="https://schema.org/DiscussionForumPosting"',
        'itemprop="headline"',
        'itemprop="author"',
        'itemprop="datePublished"',
        'itemprop="text"',
        'itemprop="commentCount" content="2"',
    ):
        assert words in page, words
    assert page.count('itemtype="https://schema.org/Comment"') == 2
    for path in ("/", "/vendors/nordwall"):
        make_vendor("Nordwall") if path != "/" else None
        assert '<meta property="og:title"' in browse().get(path).text


def test_pages_that_are_not_for_search_say_so(app: Any, browse: Any) -> None:
    member = make_member()
    post = make_post()
    for path in (f"/members/{member.slug}", path_to(post, "revisions")):
        assert '<meta name="robots" content="noindex">' in browse().get(path).text
    assert "noindex" not in browse().get(path_to(post)).text
