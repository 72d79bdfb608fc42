"""Posts that moderators pin to the top of the home page."""

from collections.abc import Callable
from typing import Any

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.decisions.actions import apply_action, reverse
from forum.moderation.models import Decision
from forum.posts.models import Post
from forum.site import pinned_post_ids
from forum.urls import key_text
from tests.factories import make_member, make_post
from tests.moderation import case_about, decide, report
from tests.query_counts import queries_for

Browse = Callable[..., Any]


def change(post: Post, judge: Member, action: str = "pin") -> Decision:
    values = {"rule": None, "facts": "", "reason": "Everyone should have read it.", "source": "own"}
    decision = apply_action(post, judge, action=action, **values)
    db.session.commit()
    return decision


def titles(page: str) -> list[str]:
    return [part.split("<")[0] for part in page.split('dir="auto">') if part.startswith("Post ")]


def test_pinned_posts_are_on_top_of_the_first_page_and_nowhere_twice(browse: Browse, judge: Member) -> None:
    posts = [make_post(title=f"Post {n}") for n in range(24)]
    change(posts[0], judge)
    change(posts[5], judge)
    first = browse().get("/")
    assert "Pinned by moderators" in first.text
    assert titles(first.text)[:2] == ["Post 5", "Post 0"] and len(titles(first.text)) == 22
    older = first.text.split("before=")[1].split('"')[0].replace("&amp;", "&")
    second = browse().get(f"/?before={older}").text
    assert "Pinned by" not in second and len(titles(first.text) + titles(second)) == 24
    assert len(set(titles(first.text) + titles(second))) == 24
    for path in ("/?sort=new", "/?leaning=bad"):
        assert "Pinned by" not in browse().get(path).text


def test_beyond_three_the_first_pin_gives_way(browse: Browse, judge: Member) -> None:
    posts = [make_post() for _ in range(4)]
    for post in (*posts, posts[1]):
        change(post, judge)
    assert pinned_post_ids() == [posts[1].id, posts[3].id, posts[2].id]


def test_a_pin_ends_by_decision_or_reversal_and_both_are_in_the_log(browse: Browse, judge: Member) -> None:
    post = make_post(anonymous=True)
    decision = change(post, judge)
    assert pinned_post_ids() == [post.id] and "Pinned to the top of the home page" in browse().get("/log").text
    change(post, judge, "unpin")
    assert pinned_post_ids() == [] and "No longer pinned" in browse().get("/log").text
    change(post, judge)
    reverse(decision, make_member(role="moderator"), reason="It has been up for long enough by now.")
    db.session.commit()
    assert pinned_post_ids() == [] and "Pinned by" not in browse().get("/").text


def test_a_hidden_post_is_not_shown_as_pinned(browse: Browse, judge: Member) -> None:
    post = make_post(title="Post 1")
    change(post, judge)
    post.hidden_at = now()
    db.session.commit()
    assert "Pinned by" not in browse().get("/").text


def test_a_moderator_pins_and_unpins_on_the_page_of_a_case(browse: Browse, judge: Member) -> None:
    post = make_post(make_member())
    for action, pinned in (("pin", [post.id]), ("unpin", [])):
        report(browse, post)
        page = browse(judge).get(f"/moderation/cases/{key_text(case_about(post).id)}").text
        assert f'value="{action}"' in page
        decide(browse, judge, post, action=action, rule="", reason="Everyone should have read it.")
        assert pinned_post_ids() == pinned


def test_home_costs_nothing_more_while_nothing_is_pinned(browse: Browse, judge: Member) -> None:
    counts = []
    for action in ("unpin", "pin", "pin"):
        change(make_post(), judge, action)
        pinned_post_ids()  # reads the settings, which are cached
        counts.append(queries_for(browse(), "/"))
    assert counts == [counts[0], counts[0] + 2, counts[0] + 2]
