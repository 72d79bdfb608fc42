"""What is hidden is not silent: a tombstone in its place, a public list, the figures, and a banner that says why."""

from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db
from forum.posts.actions import PostSubject
from forum.posts.models import Comment, Post
from forum.posts.visibility import hold
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_vendor
from tests.moderation import WHY, Browse, decide
from tests.test_author_told import hide_by_reports

UNTIL_REVIEW = "Hidden until a moderator has reviewed it"


def words(browser: Any, path: str, status: int = 200) -> str:
    answer = browser.get(path, follow_redirects=True)
    assert answer.status_code == status, answer.status_code
    return " ".join(answer.text.split())


def path_of(item: Post | Comment) -> str:
    return f"/{'posts' if isinstance(item, Post) else 'replies'}/{key_text(item.id)}"


@pytest.mark.parametrize("anonymous", [False, True])
def test_a_hidden_post_leaves_a_tombstone_without_text_or_author(
    browse: Browse, judge: Member, anonymous: bool
) -> None:
    author, vendor = make_member(name="Marta Aalto"), make_vendor("Nordwall")
    undisclosed = PostSubject(category=vendor.category, description="a large supplier")
    post = make_post(author, anonymous=anonymous, title="What Jan did", body="Jan did it again.", subject=undisclosed)
    make_comment(post, body="Which Jan?")
    decision = decide(browse, judge, post, action="hide")
    for reader in (browse(), browse(make_member())):
        page = words(reader, f"{path_of(post)}/{post.slug}")
        assert f"Hidden by a moderator on {decision.decided_at.day} " in page
        assert "Rule 3: No private individuals" in page and f"/log/{decision.id}" in page and "noindex" in page
        for secret in ("Jan", "Marta", "Nordwall", "a large supplier", post.slug):
            assert secret not in page


def test_reports_alone_leave_a_tombstone_that_says_so(browse: Browse, judge: Member) -> None:
    post, reply = make_post(body="What nobody may read."), make_comment(body="Nor may they read this.")
    hide_by_reports(browse, post)
    hide_by_reports(browse, reply)
    assert UNTIL_REVIEW in words(browse(), path_of(post)) and "What nobody may read." not in words(
        browse(), path_of(post)
    )
    thread = words(browse(), path_of(reply))
    assert f"{UNTIL_REVIEW} (since" in thread and "Rule 3" in thread and "Nor may they read this." not in thread
    decide(browse, judge, reply, action="hide")
    thread = words(browse(), path_of(reply))
    assert "Hidden by a moderator on" in thread and UNTIL_REVIEW not in thread
    decide(browse, judge, post, action="decline", rule="")
    assert "What nobody may read." in words(browse(), path_of(post))


def test_a_text_that_a_moderator_reviewed_and_left_up_is_shown_again(browse: Browse, judge: Member) -> None:
    post = make_post(body="What everyone may read.")
    hide_by_reports(browse, post)
    decide(browse, judge, post, action="lock")
    assert "What everyone may read." in words(browse(), path_of(post))


def test_a_text_that_waits_to_appear_for_the_first_time_has_no_tombstone(browse: Browse, app: Flask) -> None:
    post = make_post()
    hold(post, "A filter caught it.")
    db.session.commit()
    words(browse(), path_of(post), 404)
    assert "Nothing is hidden" in words(browse(), "/log/hidden")


def test_the_banner_says_what_was_decided_and_leads_to_the_redress(browse: Browse, judge: Member) -> None:
    author = make_member()
    post, reply = make_post(author), make_comment(author=author, anonymous=True)
    request, by_reports = decide(browse, judge, post, action="ask_to_edit"), make_post(author)
    hidden = decide(browse, judge, reply, action="hide")
    hide_by_reports(browse, by_reports)
    page = words(browse(author), path_of(post))
    assert "Hidden by a moderator until its author edits it (by" in page and WHY in page
    assert f'href="/decisions/{request.id}"' in page and f'href="/decisions/{request.id}"' not in words(
        browse(judge), path_of(post)
    )
    page = words(browse(author), path_of(reply))
    assert "Hidden by a moderator on" in page and f'href="/decisions/{hidden.id}"' in page
    assert f"{UNTIL_REVIEW} (since" in words(browse(author), path_of(by_reports))


def test_the_list_of_hidden_texts_names_neither_text_nor_author(browse: Browse, judge: Member) -> None:
    texts = [
        make_post(make_member(name="Marta Aalto"), title="What Jan did"),
        make_comment(anonymous=True),
        make_comment(),
    ]
    decisions = [decide(browse, judge, item, action="hide") for item in texts]
    decide(browse, judge, make_post(), action="remove")
    hide_by_reports(browse, make_post(title="Reported by many"))
    page = words(browse(), "/log/hidden")
    assert page.count('class="log-row"') == 4 and "A post, hidden by a moderator" in page
    assert "A post, hidden until a moderator has reviewed it" in page and "A reply, hidden by a moderator" in page
    for secret in ("Jan", "Marta", "Reported by many", "anonymous"):
        assert secret not in page.partition("<main")[2].partition("</main")[0]
    assert f'href="/log/{decisions[0].id}"' in page
    assert words(browse(), f"/log/hidden?before={decisions[1].id}").count('class="log-row"') == 1
    browse(judge).post(f"/moderation/log/{decisions[0].id}/undo", data={"reason": "It quotes what is public anyway."})
    assert words(browse(), "/log/hidden").count('class="log-row"') == 3


def test_the_figures_count_what_is_hidden(browse: Browse, judge: Member) -> None:
    for _ in range(5):
        decide(browse, judge, make_comment(), action="hide")
    hide_by_reports(browse, make_post())
    figures = browse().get("/transparency.json").get_json()["hidden"]
    assert figures == {"until_review": "1–4", "by_moderator": "5"}
    assert "Hidden now until a moderator has reviewed it" in words(browse(), "/transparency")


def test_an_entry_leads_to_the_tombstone(browse: Browse, judge: Member) -> None:
    post = make_post()
    decision = decide(browse, judge, post, action="hide")
    assert path_of(post) in words(browse(), f"/log/{decision.id}")
