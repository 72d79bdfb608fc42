"""The page of a post through the browser: its URLs, useful votes and related posts."""

import re
from typing import Any

import pytest

from forum.db import db, now
from forum.posts.actions import PostSubject
from forum.posts.models import UsefulVote
from forum.urls import key_text
from tests.factories import (
    make_member,
    make_post,
    make_tag,
    make_vendor,
)
from tests.post_forms import (
    path_to,
    the_post,
)


def test_no_title_can_stand_in_the_way_of_a_posts_other_pages(app: Any, browse: Any) -> None:
    rules = (rule.rule.partition("/posts/<key:post_id>/")[2] for rule in app.url_map.iter_rules())
    words = {word for word in rules if word and not word.startswith("<") and "." not in word}
    assert {"edit", "official-reply"} <= words
    for word in words:
        post = make_post(title=f"{word.replace('-', ' ').capitalize()}......")
        answer = browse().get(path_to(post, "x"))
        assert answer.status_code == 301
        page = browse().get(answer.location)
        assert page.status_code == 200 and "<article" in page.text, word


def test_the_address_needs_the_number_only_and_the_slug_is_put_right(app: Any, browse: Any) -> None:
    post = make_post()
    for path in (f"/posts/{key_text(post.id)}/", path_to(post, "wrong-slug")):
        answer = browse().get(path)
        assert answer.status_code == 301 and answer.location == path_to(post)
    query = "?slug=x&post_id=1&_external=1&_scheme=javascript&_anchor=a&from=0000000000"
    answer = browse().get(f"/posts/{key_text(post.id)}/{query}")
    assert answer.status_code == 301 and answer.location == f"{path_to(post)}?from=0000000000"


@pytest.mark.parametrize("key", ["-000000001", "0000000000", "zzzzzzzzzz", "1", "ILOU000000", "١٢٣٤٥٦٧٨٩٠"])
def test_numbers_that_are_nobodys_are_404(app: Any, browse: Any, key: str) -> None:
    make_post()
    reader = browse(make_member())
    for end in ("x", "edit", "delete", "revisions", "reply", "feed.atom"):
        assert reader.get(f"/posts/{key}/{end}").status_code == 404
    assert reader.post(f"/posts/{key}/useful").status_code == 404


def test_useful_marks_count_once_for_each_member_and_can_be_taken_back(app: Any, browse: Any) -> None:
    post = make_post()
    readers = [browse(make_member()) for _ in range(2)]
    for reader in readers:
        for _ in range(2):
            assert reader.post(path_to(post, "useful"), data={"intent": "mark"}).status_code == 302
    assert the_post().useful_count == 2
    assert 'aria-pressed="true"' in readers[0].get(path_to(post)).text
    for _ in range(2):
        readers[0].post(path_to(post, "useful"), data={"intent": "unmark"})
    assert the_post().useful_count == 1 and db.session.query(UsefulVote).count() == 1


@pytest.mark.parametrize("anonymous", [False, True])
def test_nobody_marks_their_own_writing_under_any_name(app: Any, browse: Any, anonymous: bool) -> None:
    author = make_member()
    post = make_post(author, anonymous=anonymous)
    reader = browse(author)
    assert reader.post(path_to(post, "useful"), data={"intent": "mark"}).status_code == 403
    assert f'action="{path_to(post, "useful")}"' not in reader.get(path_to(post)).text
    assert the_post().useful_count == 0


def test_related_posts_share_the_vendor_or_a_tag_and_hidden_ones_are_not_among_them(app: Any, browse: Any) -> None:
    vendor, tag = make_vendor("Nordwall"), make_tag("deals")
    post = make_post(subject=PostSubject(vendor), tags=[tag])
    make_post(title="By the same vendor here", subject=PostSubject(vendor))
    make_post(title="With the same tag here", tags=[tag])
    make_post(title="With both of them here", subject=PostSubject(vendor), tags=[tag, make_tag()])
    make_post(title="Neither one of them here")
    hidden = make_post(title="Hidden from everybody", tags=[tag])
    hidden.hidden_at = now()
    db.session.commit()
    page = browse().get(path_to(post)).text
    titles = re.findall(r'<li class="rel">\s*<a [^>]*>([^<]*)</a>', page)
    assert titles == ["With both of them here", "By the same vendor here", "With the same tag here"]
