"""What members save for themselves: bookmarks with notes, weights of the criteria and a shortlist of vendors."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from forum.accounts.models import Member
from forum.db import db, now
from forum.pages.leaving.own_data import own_data
from forum.pages.saved import actions
from forum.pages.saved.jobs import reseal_saved_lists
from forum.pages.saved.models import MemberSavedLists
from forum.pages.saved.queries import saved_lists
from forum.pages.saved.sealed_lists import NOTHING_SAVED, SavedLists, seal_lists
from forum.posts.models import Post
from forum.posts.visibility import hide
from forum.urls import key_text
from tests.factories import make_member, make_post, make_vendor
from tests.published import make_published_vendor, ranked_names
from tests.query_counts import queries_for
from tests.rating_forms import page_text


def bookmark_path(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/bookmark"


def sealed_rows() -> dict[int, str]:
    db.session.expire_all()
    return {row.member_id: row.sealed for row in db.session.query(MemberSavedLists)}


def test_a_bookmark_has_a_note_that_can_be_changed_and_removed(app: Any, browse: Any) -> None:
    member, post = make_member(), make_post()
    reader = browse(member)
    assert f'href="{bookmark_path(post)}"' in reader.get(f"/posts/{key_text(post.id)}/{post.slug}").text
    assert "Bookmark this post" in reader.get(bookmark_path(post)).text
    response = reader.post(bookmark_path(post), data={"note": "Show this to <Eva>"})
    assert response.location.endswith(post.slug)
    page = reader.get("/bookmarks").text
    assert post.title in page and "Show this to &lt;Eva&gt;" in page and "1 of 500" in page
    assert "Show this to &lt;Eva&gt;" in reader.get(bookmark_path(post)).text
    reader.post(f"{bookmark_path(post)}?from=list", data={"note": "Read again"})
    assert "Read again" in reader.get("/bookmarks").text
    assert reader.post(bookmark_path(post), data={"intent": "remove"}).location == "/bookmarks"
    assert "No bookmarks yet" in reader.get("/bookmarks").text
    assert post.title not in browse(make_member()).get("/bookmarks").text


def test_a_note_that_is_too_long_is_kept_and_said(app: Any, browse: Any) -> None:
    post, reader = make_post(), browse(make_member())
    response = reader.post(bookmark_path(post), data={"note": "x" * 501})
    assert response.status_code == 422 and "x" * 501 in response.text and "Shorten it to 500." in response.text


def test_when_five_hundred_are_there_the_next_is_refused_and_the_note_kept(app: Any, browse: Any) -> None:
    member, post = make_member(), make_post()
    full = SavedLists(dict.fromkeys(range(1, actions.MAX_BOOKMARKS + 1), ""))
    db.session.get_one(MemberSavedLists, member.id).sealed = seal_lists(full)
    db.session.commit()
    response = browse(member).post(bookmark_path(post), data={"note": "One more"})
    assert response.status_code == 422 and "One more" in response.text
    assert "There is no room for more than 500 bookmarks." in page_text(response)
    assert len(saved_lists(member.id).bookmarks) == actions.MAX_BOOKMARKS


def test_a_bookmark_of_a_post_that_is_gone_stays_with_its_note_until_it_is_removed(app: Any, browse: Any) -> None:
    member, post = make_member(), make_post(title="Soon to be hidden")
    reader = browse(member)
    reader.post(bookmark_path(post), data={"note": "Why I kept it"})
    hide(post, "rule 1")
    db.session.commit()
    page = reader.get("/bookmarks").text
    assert "no longer available" in page and "Why I kept it" in page and "Soon to be hidden" not in page
    assert reader.get(bookmark_path(post)).status_code == 200
    reader.post(bookmark_path(post), data={"intent": "remove"})
    assert reader.get(bookmark_path(post)).status_code == 404


def test_strangers_sign_in_first(app: Any, browse: Any) -> None:
    post = make_post()
    for path in ("/bookmarks", bookmark_path(post)):
        assert "/sign-in" in browse().get(path).location
    assert "Bookmark" not in browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text


def test_bookmarks_are_paged_and_cost_the_same_number_of_queries(app: Any, browse: Any) -> None:
    member, author = make_member(), make_member()
    posts = [make_post(author, title=f"Post number {n:02}", anonymous=n % 2 == 0) for n in range(33)]
    for post in posts[:2]:
        actions.save_bookmark(member, post.id, "")
    db.session.commit()
    few = queries_for(browse(member), "/bookmarks")
    for post in posts:
        actions.save_bookmark(member, post.id, f"Note {post.title}")
    db.session.commit()
    assert queries_for(browse(member), "/bookmarks") == few
    first = browse(member).get("/bookmarks").text
    more = re.search(r'<a href="([^"]+)" rel="next">Older bookmarks', first)
    second = browse(member).get(more[1]).text  # type: ignore[index]
    numbers = re.findall(r'dir="auto">Post number (\d\d)</a>', first + second)
    assert len(numbers) == 33 and len(set(numbers)) == 33 and numbers[0] == "32"


def test_bookmarks_are_locked_with_anonymous_writing_since_a_note_may_tell(app: Any, browse: Any) -> None:
    member, post = make_member(), make_post()
    actions.save_bookmark(member, post.id, "This one is mine")
    member.anonymous_locked_until = now() + timedelta(days=3)
    db.session.commit()
    for path in ("/bookmarks", bookmark_path(post)):
        response = browse(member).get(path)
        assert response.status_code == 403 and "Bookmarks are locked" in response.text and "mine" not in response.text
    assert browse(member).post(bookmark_path(post), data={"note": ""}).status_code == 403
    assert json.loads("".join(own_data(member)))["bookmarks"] == []
    assert saved_lists(member.id).bookmarks == {post.id: "This one is mine"}


def test_the_download_holds_what_was_saved_and_it_goes_with_the_account(app: Any) -> None:
    member, post = make_member(), make_post()
    actions.save_bookmark(member, post.id, "For the renewal")
    actions.save_weights(member, {"education": 5})
    actions.add_to_shortlist(member, make_vendor("Nordwall").slug)
    db.session.commit()
    data = json.loads("".join(own_data(member)))
    assert data["bookmarks"] == [{"post": key_text(post.id), "note": "For the renewal"}]
    assert (data["saved_weights"], data["shortlist"]) == ({"education": 5}, ["nordwall"])
    member_id = member.id
    db.session.query(Member).filter_by(id=member_id).delete()
    db.session.commit()
    assert member_id not in sealed_rows()


def test_everyone_has_a_row_sealed_and_padded_alike_and_all_are_sealed_anew_each_morning(app: Any) -> None:
    members, post = [make_member() for _ in range(3)], make_post()
    before = sealed_rows()
    assert {member.id for member in members} <= before.keys()
    actions.save_bookmark(members[0], post.id, "A note of mine")
    actions.save_weights(members[0], {"education": 3})
    db.session.commit()
    used = sealed_rows()
    assert {len(sealed) for sealed in used.values()} == {len(before[members[1].id])}
    assert "note" not in used[members[0].id]
    assert {key for key in before if before[key] != used[key]} == {members[0].id}
    reseal_saved_lists()
    after = sealed_rows()
    assert all(after[key] != used[key] for key in used)
    assert saved_lists(members[0].id) == SavedLists({post.id: "A note of mine"}, {"education": 3})
    assert saved_lists(members[1].id) == NOTHING_SAVED


def test_saved_weights_order_the_vendors_and_the_page_says_so(app: Any, browse: Any) -> None:
    make_published_vendor("Costly lessons", 30, 5)
    make_published_vendor("Dull demos", 30, 2, stars=5)
    member = make_member()
    reader = browse(member)
    by_worth, by_weight = ["Costly lessons", "Dull demos"], ["Dull demos", "Costly lessons"]
    page = reader.get("/vendors?w_education=5&w_demos=1").text
    assert ranked_names(page) == by_weight and "Save as my weights" in page and "your own weights" in page
    reader.post("/saved/weights", data={"w_education": "5", "w_demos": "1", "w_seminars": "99"})
    page = reader.get("/vendors").text
    assert ranked_names(page) == by_weight and "Ordered by your saved weights" in page and "Reset" in page
    assert ranked_names(reader.get("/vendors?order=worth").text) == by_worth
    assert "Order by my saved weights" in reader.get("/vendors?order=worth").text
    assert ranked_names(reader.get("/vendors?w_education=&w_demos=").text) == by_worth, "all set to 0 on the form"
    assert ranked_names(browse().get("/vendors").text) == by_worth
    reader.post("/saved/weights", data={})
    assert ranked_names(reader.get("/vendors").text) == by_worth


def test_a_shortlist_is_filled_from_the_ranking_and_a_vendors_page_and_compared(app: Any, browse: Any) -> None:
    vendors = [make_vendor(name) for name in ("Alder", "Birch", "Cedar", "Damson", "Elm")]
    reader = browse(make_member())
    reader.post("/saved/shortlist", data={"v": ["alder", "birch", "cedar"], "intent": "add"})
    reader.post("/vendors/damson/shortlist", data={"intent": "add", "return_to": "/vendors/damson"})
    page = reader.get("/vendors").text
    assert 'href="/compare?v=alder&amp;v=birch&amp;v=cedar&amp;v=damson"' in page
    assert "On your shortlist" in reader.get("/vendors/damson").text
    response = reader.post("/vendors/elm/shortlist", data={"intent": "add"}, follow_redirects=True)
    assert "Nothing was added: a shortlist has room for 4 vendors" in page_text(response)
    reader.post("/vendors/alder/shortlist", data={"intent": "remove"})
    reader.post("/vendors/elm/shortlist", data={"intent": "add"})
    assert "Compare my shortlist" in reader.get("/compare").text
    vendors[1].accepted_at = None
    db.session.commit()
    reader.post("/vendors/alder/shortlist", data={"intent": "add"})
    assert 'href="/compare?v=cedar&amp;v=damson&amp;v=elm&amp;v=alder"' in reader.get("/vendors").text


def test_what_is_ticked_can_be_compared_by_strangers_too(app: Any, browse: Any) -> None:
    make_vendor("Alder")
    page = browse().get("/vendors").text
    assert '<form action="/compare" method="get">' in page and 'name="v" value="alder"' in page
    assert "Add to shortlist" not in page and "Add to shortlist" not in browse().get("/vendors/alder").text
    response = browse(make_member()).post("/saved/shortlist", data={"v": ["alder"], "intent": "compare"})
    assert response.location == "/compare?v=alder"


@pytest.mark.parametrize("path", ["/vendors", "/", "/compare?v=alder", "/vendors/alder"])
def test_strangers_pay_no_query_for_what_members_save(app: Any, browse: Any, path: str) -> None:
    make_vendor("Alder")
    statements = queries_for(browse(), path)
    for _ in range(3):
        actions.save_weights(make_member(), {"education": 1})
    db.session.commit()
    assert queries_for(browse(), path) == statements
