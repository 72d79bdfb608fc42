"""The search page, its feed and similar posts, through the browser; and what nobody finds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.db import db, now
from forum.posts.actions import PostSubject, delete_post, edit_post
from forum.posts.comment_actions import delete_comment, edit_comment
from forum.posts.models import Comment, Post
from forum.posts.visibility import hide, hold, unhide
from forum.search.actions import store_words
from forum.search.jobs import index_replies
from forum.search.queries import new_matches
from forum.search.word_queries import word_counts
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.query_counts import queries_for


def titles_at(browser: Any, query: str, **arguments: str) -> str:
    """Return the page of results, as it is once the job has run that indexes replies."""
    index_replies()
    response = browser.get("/search", query_string={"q": query, **arguments})
    assert response.status_code == 200
    return str(response.text)


def test_the_page_without_a_query_explains_how_to_search(browse: Callable[..., Any]) -> None:
    page = browse().get("/search").text
    assert "How to search" in page and "vendor:Name" in page and "Nothing matches" not in page


def test_a_query_shows_posts_and_replies_with_the_words_marked(browse: Callable[..., Any]) -> None:
    post = make_post(title="Margins at <Silver>", body="The **margin** is thin & fair.")
    make_comment(post, body="Our margins were better.")
    page = titles_at(browse(), "margin")
    assert "<mark>Margins</mark> at &lt;Silver&gt;" in page
    assert "The <mark>margin</mark> is thin &amp; fair." in page
    assert "Our <mark>margins</mark> were better." in page and "2 matches" in page


def test_what_is_typed_comes_back_escaped(browse: Callable[..., Any]) -> None:
    page = titles_at(browse(), '"><script>alert(1)</script>')
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_a_query_with_nothing_to_look_for_says_so(browse: Callable[..., Any]) -> None:
    assert "There is nothing to search for in “***”" in titles_at(browse(), "***")
    assert "A minus only takes results away" in titles_at(browse(), "-margin")


def test_an_operator_that_cannot_be_used_is_explained_and_left_out(browse: Callable[..., Any]) -> None:
    make_post(title="Margins")
    page = titles_at(browse(), "margins vendor:Nobody tag:nothing is:purple before:soon author:ghost")
    assert "There is no vendor “Nobody” in the catalogue." in page and "There is no tag “nothing”." in page
    assert "“is:purple” is unknown" in page and "“before:soon” is not a date" in page
    assert "There is no member “ghost”" in page and "<mark>Margins</mark>" in page


WITHDRAWALS: dict[str, Callable[[Any], object]] = {
    "hidden": lambda item: hide(item, "because"),
    "held": lambda item: hold(item, "because"),
    "deleted": lambda item: delete_post(item) if isinstance(item, Post) else delete_comment(item),
}


@pytest.mark.parametrize("how", WITHDRAWALS)
@pytest.mark.parametrize("is_anonymous", [False, True])
def test_what_is_withdrawn_is_found_by_nobody_from_the_same_transaction_on(
    browse: Callable[..., Any], how: str, is_anonymous: bool
) -> None:
    author = make_member()
    post = make_post(author, title="Zebra crossing", anonymous=is_anonymous)
    reply = make_comment(make_post(), author, body="A zebra as well.", anonymous=is_anonymous)
    assert "2 matches" in titles_at(browse(), "zebra")
    for kind, key in ((Post, post.id), (Comment, reply.id)):
        WITHDRAWALS[how](db.session.get(kind, key))
    db.session.commit()
    for reader in (browse(), browse(author), browse(make_member(role="moderator"))):
        page = titles_at(reader, "zebra")
        assert "Nothing matches" in page and "Zebra" not in page and "crossing" not in page


def test_replies_under_a_hidden_post_are_not_found(browse: Callable[..., Any]) -> None:
    post = make_post()
    make_comment(post, body="A zebra.")
    hide(post, "because")
    db.session.commit()
    assert "Nothing matches" in titles_at(browse(), "zebra")
    unhide(post)
    db.session.commit()
    assert "1 match" in titles_at(browse(), "zebra")


def test_an_edit_is_found_at_once_and_what_it_replaced_no_more(browse: Callable[..., Any]) -> None:
    post = make_post(title="Zebra")
    reply = make_comment(post, body="An antelope.")
    assert "1 match" in titles_at(browse(), "antelope")
    edit_post(post, title="Giraffe", body="Long neck.", leaning="bad", tags=[make_tag()])
    edit_comment(reply, body="A buffalo.")
    db.session.commit()
    assert "Nothing matches" in titles_at(browse(), "zebra") and "Nothing matches" in titles_at(browse(), "antelope")
    assert "1 match" in titles_at(browse(), "giraffe") and "1 match" in titles_at(browse(), "buffalo")


def test_an_undisclosed_vendor_is_neither_searched_nor_counted_by_name(browse: Callable[..., Any]) -> None:
    vendor = make_vendor("Nordwall")
    make_post(title="Zebra named", subject=PostSubject(vendor=vendor))
    make_post(
        title="Zebra undisclosed",
        subject=PostSubject(category=vendor.category, description="a large supplier"),
    )
    page = titles_at(browse(), "zebra vendor:nordwall")
    assert "named" in page and "undisclosed" not in page.partition("<main")[2].partition("search-help")[0]
    assert 'vendor:nordwall" rel="nofollow">Nordwall</a><span class="n">1</span>' in titles_at(
        browse(), "zebra"
    ).replace("%3A", ":")


def test_anonymous_writing_is_never_found_by_its_author(browse: Callable[..., Any]) -> None:
    anna = make_member(name="Anna Quill", slug="anna-quill")
    make_post(anna, title="Zebra signed")
    make_post(anna, title="Zebra masked", anonymous=True)
    for reader in (browse(), browse(anna)):
        page = titles_at(reader, "author:anna-quill")
        assert "Zebra signed" in page and "masked" not in page


def test_pages_follow_each_other_without_gaps_or_repeats(browse: Callable[..., Any]) -> None:
    author = make_member()
    expected = {make_post(author, title=f"Zebra number{n}").title for n in range(45)}
    browser, titles, address = browse(), [], "/search?q=zebra"
    while address:
        page = browser.get(address)
        titles += [f"Zebra {word.partition('</a>')[0]}" for word in page.text.split("<mark>Zebra</mark> ")[1:]]
        link = page.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        address = link.replace("&amp;", "&") if 'rel="next"' in page.text else ""
    assert len(titles) == 45 and set(titles) == expected


def test_a_title_counts_more_than_a_body_and_new_more_than_old(browse: Callable[..., Any]) -> None:
    make_post(title="Something else", body="One zebra among many other words of this text.")
    make_post(title="Zebra of old", body="Text.", at=now() - timedelta(days=900))
    make_post(title="Zebra of today", body="Text.")
    page = titles_at(browse(), "zebra")
    assert page.index("of today") < page.index("of old") < page.index("Something else")


def test_very_common_words_show_the_newest_matches_and_say_so(
    browse: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.search.queries.find_matches.__defaults__", (2,))
    author = make_member()
    for n in range(4):
        make_post(author, title=f"Zebra {n}", at=now() - timedelta(days=n))
    page = titles_at(browse(), "zebra")
    assert "the newest 2 that were looked at" in page
    assert "</mark> 0" in page and "</mark> 1" in page and "</mark> 2" not in page


def test_a_misspelled_word_leads_to_one_that_is_found(browse: Callable[..., Any]) -> None:
    posts = [make_post(title="Certification renewal") for _ in range(3)]
    store_words(word_counts())
    db.session.commit()
    assert "<b>certification is:post</b>" in titles_at(browse(), "certifcation is:post")
    for post in posts:
        hide(post, "because")
    db.session.commit()
    page = titles_at(browse(), "certifcation is:post")
    assert "Nothing matches" in page and "Did you mean" not in page


def test_words_of_few_texts_are_not_kept_for_suggestions(app: Flask) -> None:
    make_post(title="Xylophone")
    store_words(word_counts())
    rows = db.session.execute(db.text("SELECT word FROM search_words")).scalars().all()
    assert "xylophone" not in rows


def test_vendors_and_tags_are_found_by_their_names(browse: Callable[..., Any]) -> None:
    make_vendor("Nordwall Systems", aliases=["NWS"])
    make_tag("deal-registration", ("dealreg",))
    page = titles_at(browse(), "nws dealreg")
    assert "Nordwall Systems" in page and "/tags/deal-registration" in page


def test_the_feed_has_the_newest_matches(browse: Callable[..., Any]) -> None:
    post = make_post(title="Zebra & co")
    make_comment(post, body="A zebra reply.", anonymous=True)
    index_replies()
    feed = browse().get("/search/feed.atom?q=zebra")
    assert feed.mimetype == "application/atom+xml"
    assert "<title>Zebra &amp; co</title>" in feed.text and "Reply to: Zebra &amp; co" in feed.text


def test_similar_titles_are_listed_without_the_form(browse: Callable[..., Any]) -> None:
    make_post(title="Deal registration at Nordwall")
    make_post(title="A deal that nobody registered, or so")
    browser = browse(make_member())
    part = browser.post("/search/similar", data={"title": "Registering a deal"}).text
    assert "Deal registration at Nordwall" in part and "<html" not in part
    part = browser.post("/search/similar", data={"title": "Did Nordwall register deals?"}).text
    assert part.index("at Nordwall") < part.index("nobody registered")
    assert browser.post("/search/similar", data={"title": "the"}).text.strip() == ""


def test_the_preview_of_a_post_lists_similar_ones(browse: Callable[..., Any]) -> None:
    make_post(title="Deal registration at Nordwall")
    browser = browse(make_member())
    assert "Similar posts" not in browser.get("/posts/new").text
    page = browser.post("/posts/new", data={"title": "Registered deals", "body": "Text.", "intent": "preview"}).text
    assert "Similar posts" in page and "Deal registration at Nordwall" in page


def test_new_matches_are_those_of_whole_days(app: Flask) -> None:
    today = now().date()
    post = make_post(title="Zebra", at=now() - timedelta(days=1))
    make_post(title="Zebra of today")
    make_comment(post, body="zebra", anonymous=True, at=now() - timedelta(days=1))
    index_replies()
    yesterday = today - timedelta(days=1)
    matches = new_matches("zebra", since=yesterday, until=today)
    assert {(match.post_id, match.comment_id is None) for match in matches} == {(post.id, True), (post.id, False)}
    assert new_matches("zebra", since=today - timedelta(days=9), until=yesterday) == []


def test_the_number_of_queries_does_not_depend_on_the_results(browse: Callable[..., Any]) -> None:
    author, vendor = make_member(), make_vendor()
    counts = []
    for number in (2, 6):
        for _ in range(number):
            make_comment(make_post(author, title="Zebra", subject=PostSubject(vendor=vendor)), body="Zebra.")
        index_replies()
        counts.append(queries_for(browse(), "/search?q=zebra"))
    assert counts[0] == counts[1]
