"""Messages stand where the browser goes after an action."""

import re
from pathlib import Path
from typing import Any

import pytest

from forum.db import db
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_vendor
from tests.post_forms import path_to, reply_path

ROOT = Path(__file__).parent.parent


def after(reader: Any, path: str, **form: str) -> str:
    """Return the page on which a form's redirects end."""
    answer = reader.post(path, data=form, follow_redirects=True)
    assert answer.status_code == 200
    text: str = answer.text
    return text


def test_a_message_about_a_reply_stands_in_its_box(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post()
    make_comment(post)
    comment = make_comment(post, author)
    page = after(browse(author), reply_path(comment, "edit"), body="Changed now, and longer.", intent="publish")
    box = page.split(f'<div id="r-{key_text(comment.id)}"')[1]
    assert re.match(r'[^>]*>\s*<div class="message" role="status">', box) and page.count("Reply saved.") == 1
    assert "Reply saved." not in browse(author).get(path_to(post)).text


def test_a_message_about_a_deleted_reply_stands_above_the_others(app: Any, browse: Any) -> None:
    author = make_member()
    make_comment(post := make_post())
    comment = make_comment(post, author)
    page = after(browse(author), reply_path(comment, "delete"))
    assert page.index('id="talk"') < page.index("Reply deleted.") < page.index('class="comment__box')


def test_a_message_that_passes_a_second_redirect_finds_its_place(app: Any, browse: Any) -> None:
    comment = make_comment(make_post())
    page = after(browse(make_member()), reply_path(comment, "flag"), rule="3", message="Look.")
    assert "Thank you. A moderator" in page.split(f'<div id="r-{key_text(comment.id)}"')[1].split("</li>")[0]


@pytest.mark.parametrize(("intent", "message"), [("follow", "You follow this now."), ("unfollow", "You no longer")])
def test_following_a_post_says_so_beside_the_button(app: Any, browse: Any, intent: str, message: str) -> None:
    post = make_post()
    page = after(browse(make_member()), path_to(post, "follow"), intent=intent)
    actions = page.split('id="post-actions"')[1].split("</article>")[0]
    assert message in actions and page.count(message) == 1


def test_a_message_without_a_place_stands_on_top(app: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall")
    page = after(browse(make_member()), f"/vendors/{vendor.slug}/follow", intent="follow")
    assert page.index("You follow this now.") < page.index("<h1")


def test_a_message_for_a_place_that_the_page_lacks_is_not_lost(app: Any, browse: Any) -> None:
    post = make_post()
    page = after(browse(make_member()), path_to(post, "follow"), intent="follow", return_to="/rules#nowhere")
    assert page.count("You follow this now.") == 1
    db.session.rollback()


def test_every_place_that_views_redirect_to_shows_its_messages() -> None:
    views = "".join(path.read_text() for path in (ROOT / "forum").rglob("*views.py"))
    places = set(re.findall(r'_anchor="([a-z-]+)"', views)) | set(re.findall(r'anchor = "([a-z-]+)"', views))
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    assert places == set(re.findall(r'messages_at\("([a-z-]+)"\)', templates))
