"""Home and its lists, tags and members."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from forum.db import db, now
from forum.posts.actions import PostSubject
from forum.posts.models import Post
from forum.posts.queries import PAGE_SIZE
from forum.urls import key_text
from tests.factories import make_category, make_comment, make_member, make_post, make_tag, make_vendor


def titles(page: str) -> list[str]:
    """Return the titles of a list's rows, in order."""
    return [unescape(title) for title in re.findall(r'<h3><a href="/posts/[^"]+" dir="auto">([^<]+)</a></h3>', page)]


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
    for words in ("Two choices", "What anonymous means here", "a court could do with it"):
        assert words in about
    assert browse().get("/rules").text.count('<li id="rule-') >= 9
