"""Home and its lists, tags, members, feeds, the sitemap, and the metadata of pages."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from forum.db import db, now
from forum.posts.actions import PostSubject, edit_post
from forum.posts.models import Post
from forum.posts.queries import PAGE_SIZE
from forum.urls import key_text
from tests.factories import make_category, make_comment, make_member, make_post, make_tag, make_vendor

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def titles(page: str) -> list[str]:
    """Return the titles of a list's rows, in order."""
    return [unescape(title) for title in re.findall(r'<h3><a href="/posts/[^"]+">([^<]+)</a></h3>', page)]


def path_to(post: Post, end: str = "") -> str:
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def all_pages(reader: Any, path: str) -> list[list[str]]:
    """Return the titles of each page of a list, followed to its end."""
    pages = []
    while path:
        page = reader.get(path)
        assert page.status_code == 200
        pages.append(titles(page.text))
        more = re.search(r'<a href="([^"]+)" rel="next">Older posts', page.text)
        path = unescape(more[1]) if more else ""
    return pages


def test_home_sorts_by_activity_age_usefulness_and_shows_what_nobody_answered(app: Any, browse: Any) -> None:
    start = now() - timedelta(days=3)
    oldest, middle, newest = (make_post(title=f"Post number {n}", at=start + timedelta(hours=n)) for n in range(3))
    make_comment(oldest)
    middle.useful_count = 5
    db.session.commit()
    for sort, order in {
        "active": [0, 2, 1],
        "new": [2, 1, 0],
        "top": [1, *sorted((0, 2), key=lambda n: -(oldest, middle, newest)[n].id)],
        "unanswered": [2, 1],
    }.items():
        page = browse().get(f"/?sort={sort}").text
        assert titles(page) == [f"Post number {n}" for n in order], sort
    assert titles(browse().get("/").text) == titles(browse().get("/?sort=active").text)
    assert browse().get("/?sort=sideways").location == "/"


@pytest.mark.parametrize("sort", ["active", "new", "top", "unanswered"])
def test_every_post_stands_on_exactly_one_page_of_a_list(app: Any, browse: Any, sort: str) -> None:
    author, tags = make_member(), [make_tag("deals")]
    moment = datetime(2026, 1, 5, 12, tzinfo=UTC)
    for n in range(PAGE_SIZE * 2 + 7):
        post = make_post(author, tags=tags, title=f"Post number {n:03}", at=moment + timedelta(minutes=n // 9))
        post.useful_count = n % 3
    db.session.commit()
    pages = all_pages(browse(), f"/?sort={sort}&tag=deals")
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 7]
    assert sorted(title for page in pages for title in page) == [
        f"Post number {n:03}" for n in range(PAGE_SIZE * 2 + 7)
    ]


def test_a_page_of_a_list_stays_what_it_was_when_something_new_comes(app: Any, browse: Any) -> None:
    author, tags = make_member(), [make_tag("deals")]
    start = now() - timedelta(days=30)
    for n in range(PAGE_SIZE + 5):
        make_post(author, tags=tags, title=f"Post number {n:03}", at=start + timedelta(hours=n))
    for path in ("/?sort=new", "/tags/deals", f"/members/{author.slug}"):
        page = browse().get(path).text
        more = unescape(re.search(r'<a href="([^"]+)" rel="next">', page)[1])  # type: ignore[index]
        before = titles(browse().get(more).text)
        make_post(author, tags=tags, title="Something quite new")
        assert titles(browse().get(more).text) == before
        assert "First page" in browse().get(more).text


@pytest.mark.parametrize(
    "before",
    [
        "",
        ".",
        "nonsense",
        "20260105T120000",
        "20260105T120000.",
        "20260105T120000.-1",
        "20260105T120000.9999999999999999999",
        "20260105T120000.99999999999999999999999999",
        "99999999T999999.1",
        "00010101T000000.1",
        "1.1",
        "-1.1",
        "999999999.1",
        "٣.٣",
        "20260105T120000.٣",
        "1e9.1",
        "'; DROP TABLE posts;--.1",
        "<script>.1",
        "%ff.1",
    ],
)
def test_a_place_in_a_list_that_is_nonsense_breaks_nothing(app: Any, browse: Any, before: str) -> None:
    make_post(tags=[make_tag("deals")])
    for path in ("/?", "/?sort=top&", "/?sort=unanswered&", "/tags/deals?"):
        page = browse().get(f"{path}before={before}")
        assert page.status_code == 200 and "<script>." not in page.text


def test_filters_work_alone_and_together_and_are_kept_by_the_tabs(app: Any, browse: Any) -> None:
    nordwall, deals = make_vendor("Nordwall"), make_tag("deals", ("bargains",))
    undisclosed = PostSubject(category=make_category(), description="a large supplier")
    make_post(title="Nordwall deals bad", subject=PostSubject(nordwall), tags=[deals], leaning="bad")
    make_post(title="Nordwall deals good", subject=PostSubject(nordwall), tags=[deals], leaning="good")
    make_post(title="Nordwall other bad", subject=PostSubject(nordwall), leaning="bad")
    make_post(title="Undisclosed deals bad", subject=undisclosed, tags=[deals], leaning="bad")
    for query, expected in {
        "vendor=nordwall": 3,
        "tag=deals": 3,
        "tag=Bargains": 3,
        "leaning=bad": 3,
        "vendor=undisclosed": 1,
        "vendor=nordwall&tag=deals": 2,
        "vendor=nordwall&tag=deals&leaning=bad": 1,
        "vendor=&tag=&leaning=": 4,
        "leaning=terrible": 4,
        "vendor=nobody": 4,
    }.items():
        assert len(titles(browse().get(f"/?{query}").text)) == expected, query
    page = browse().get("/?sort=new&vendor=nordwall&leaning=bad").text
    assert "/?sort=top&amp;vendor=nordwall&amp;leaning=bad" in page
    assert '<option value="nordwall" selected>' in page and '<option value="bad" selected>' in page
    assert "Nothing matches" in browse().get("/?vendor=undisclosed&leaning=good").text


def test_empty_places_say_what_to_do(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_vendor("Nordwall")
    member = make_member()
    for path in ("/", "/tags/deals", "/vendors/nordwall"):
        page = browse().get(path).text
        assert "/posts/new" in page and ("yet" in page or "Be the first" in page)
    assert "None." in browse().get(f"/members/{member.slug}").text
    assert "No replies yet" in browse().get(path_to(make_post())).text


def test_tags_are_listed_with_their_words_and_synonyms_lead_to_them(app: Any, browse: Any) -> None:
    tag = make_tag("deal-registration", ("bargains", "deal-reg"))
    make_post(tags=[tag], title="It carries the tag")
    page = browse().get("/tags/").text
    assert "deal-registration" in page and "bargains, deal-reg" in page and "What it is for" in page
    answer = browse().get("/tags/bargains")
    assert answer.status_code == 301 and answer.location == "/tags/deal-registration"
    assert titles(browse().get("/tags/deal-registration").text) == ["It carries the tag"]
    assert browse().get("/tags/nothing").status_code == 404


def test_a_members_page_shows_what_they_signed_and_nothing_else(app: Any, browse: Any) -> None:
    member = make_member(name="Marta Aalto", job_title="engineer", company="Nordhaus", country="Finland")
    post = make_post(member, title="Signed with a name")
    make_post(member, title="Written without a name", anonymous=True)
    other = make_post(title="Somebody else's story")
    make_comment(other, member, body="A signed reply.")
    make_comment(other, member, body="A reply without a name.", anonymous=True)
    hidden = make_comment(post, member, body="A hidden reply.")
    hidden.hidden_at = now()
    db.session.commit()
    for reader in (browse(), browse(member), browse(make_member(role="admin"))):
        page = reader.get("/members/" + member.slug).text
        for words in ("Marta Aalto", "engineer", "Nordhaus", "Finland", "Signed with a name", "A signed reply."):
            assert words in page
        for words in ("Written without", "without a name.", "A hidden reply", member.email):
            assert words not in page


def test_members_who_never_confirmed_have_no_page_and_moved_in_authors_have_one(app: Any, browse: Any) -> None:
    waiting = make_member(confirmed_at=None)
    moved_in = make_member(confirmed_at=None, password_hash=None)
    assert browse().get(f"/members/{waiting.slug}").status_code == 404
    assert "imported from another site" in browse().get(f"/members/{moved_in.slug}").text
    assert browse().get("/members/nobody").status_code == 404


def test_about_and_rules_say_what_holds(app: Any, browse: Any) -> None:
    about = browse().get("/about").text
    for words in ("Two freedoms", "What anonymous means here", "a court could do with it"):
        assert words in about
    assert browse().get("/rules").text.count('<li id="rule-') >= 9


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
    hidden = make_post(at=datetime(2026, 2, 2, tzinfo=UTC))
    hidden.hidden_at = now()
    db.session.commit()
    index = ET.fromstring(browse().get("/sitemap.xml").text)
    parts = [node.text.removeprefix("http://localhost") for node in index.iter(f"{SITEMAP}loc")]
    assert {"/sitemaps/2025-12.xml", "/sitemaps/2026-01.xml", "/sitemaps/2026-02.xml"} <= set(parts)
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
