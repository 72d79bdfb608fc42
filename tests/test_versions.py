"""The versions of a text, and what changed from one to the next."""

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.db import db
from forum.diffs import DiffRun, shortened, word_diff
from forum.posts.actions import PostSubject, edit_post
from forum.posts.comment_actions import edit_comment
from forum.posts.versions import PAGE_SIZE
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.post_forms import path_to, reply_path


def marks(page: str) -> list[tuple[str, str]]:
    """Return what the page marks as removed or added, without the line that explains the marks."""
    rows = re.findall(r"<(del|ins)>([^<]*)</", page.split("</h2>", 1)[1])
    return [(kind, unescape(words)) for kind, words in rows]


@given(st.lists(st.sampled_from(["deal", "bid", " ", "\n", "a b", "\n\n"])), st.text(alphabet="ab \n", max_size=60))
def test_a_difference_holds_both_texts(pieces: list[str], after: str) -> None:
    before = "".join(pieces)
    runs = word_diff(before, after)
    assert "".join(run.text for run in runs if run.kind != "insert") == before
    assert "".join(run.text for run in runs if run.kind != "delete") == after


def test_changed_words_are_found_in_long_texts_with_changes_far_apart() -> None:
    lines = [f"Line {n} says that {n} deals were registered." for n in range(600)]
    before = "\n".join(lines)
    lines[3], lines[590] = lines[3].replace("deals", "bids"), lines[590].replace("registered", "refused")
    changes = [run for run in word_diff(before, "\n".join(lines)) if run.kind != "equal"]
    assert [run.text for run in changes] == ["deals", "bids", "registered.", "refused."]


def test_texts_made_to_be_slow_are_one_difference() -> None:
    before, after = (" ".join(f"{sign}{n} x{n}" for n in range(4000)) + sign for sign in "uv")
    assert [run.kind for run in word_diff(before, after)] == ["delete", "insert"]


def test_what_is_the_same_far_from_a_change_is_left_out() -> None:
    runs = shortened([DiffRun("equal", "a" * 900), DiffRun("insert", "b"), DiffRun("equal", "c" * 300)])
    assert [run.text for run in runs] == [" [...] " + "a" * 160, "b", "c" * 300]


def test_each_version_of_a_post_shows_what_changed_in_it(app: Any, browse: Any) -> None:
    author, vendor = make_member(), make_vendor("Nordwall")
    tags = [make_tag("deals"), make_tag("bids")]
    post = make_post(author, title="Eleven deals", body="We registered eleven deals.", tags=tags[:1])
    for title, body, tag in (("Twelve deals", "We registered eleven deals.", 0), ("Twelve deals", "We lost them.", 1)):
        edit_post(
            post, title=title, body=body, leaning="mixed", tags=[tags[tag]], subject=PostSubject(vendor), author=author
        )
        db.session.commit()
    page = browse().get(path_to(post, "revisions")).text
    assert re.findall(r"<h2>(Version \d)", page) == ["Version 3", "Version 2", "Version 1"]
    assert ", shown now" in page.split("Version 2")[0]
    latest, first = page.split("<h2>Version 2")[0], page.split("<h2>Version 2")[1]
    assert marks(latest) == [
        ("del", "#deals"),
        ("ins", "#bids"),
        ("del", "registered eleven deals."),
        ("ins", "lost them."),
    ]
    assert marks(first)[:2] == [("del", "Eleven"), ("ins", "Twelve")] and ("ins", "Nordwall") in marks(first)
    assert "The text did not change." in first


def test_versions_are_listed_page_by_page(app: Any, browse: Any) -> None:
    comment = make_comment(body="Edit 0.")
    for n in range(1, PAGE_SIZE * 2 + 2):
        edit_comment(comment, body=f"Edit {n}.")
        db.session.commit()
    path, numbers = reply_path(comment, "revisions"), []
    while path:
        page = browse().get(path).text
        version_numbers = re.findall(r"<h2>Version (\d+)", page)
        assert len(version_numbers) <= PAGE_SIZE
        numbers += version_numbers
        onward = re.search(r'href="([^"]+)" rel="next">Older versions', page)
        path = onward[1] if onward else ""
    assert numbers == [str(n) for n in range(PAGE_SIZE * 2 + 2, 0, -1)]
    assert marks(browse().get(reply_path(comment, "revisions")).text)[:2] == [("del", "10."), ("ins", "11.")]


@pytest.mark.parametrize("before", ["0", "-1", "x", "99999999999"])
def test_a_page_of_versions_that_is_not_there_is_no_error(app: Any, browse: Any, before: str) -> None:
    comment = make_comment(body="Edit 0.")
    edit_comment(comment, body="Edit 1.")
    db.session.commit()
    assert browse().get(f"{reply_path(comment, 'revisions')}?before={before}").status_code == 200
