"""Pages of vendors, tags and categories made of shared parts and the member's own are those rendered as a whole."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum import fragments, site
from forum.accounts.models import Member, MemberSession
from forum.db import db, now
from forum.notifications.actions import follow, mark_read
from forum.notifications.queries import state_mark
from forum.pages import views
from forum.pages.ranking import views as ranking_views
from forum.pages.saved.actions import add_to_shortlist
from forum.posts.actions import PostSubject
from forum.posts.models import Post, Tag
from forum.posts.tags.actions import add_synonym
from forum.posts.visibility import hide
from forum.vendors.catalogue_actions import rename_category, retire_vendor
from forum.vendors.models import Vendor
from tests.factories import (
    make_category,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_tag,
    make_vendor,
)
from tests.published import make_figures, make_published_vendor, publish_figures
from tests.query_counts import queries_for, recorded_queries
from tests.shared_pages import commit, without_tokens


class Lists:
    """A vendor with figures, one without, a tag and a category, and the readers of their pages by what they are."""

    def __init__(self, browse: Callable[..., Any]) -> None:
        self.category, self.tag = make_category(name="Storage", slug="storage"), make_tag("deals", ("deal-reg",))
        self.thin = make_vendor('Thin & "<Sons>"', ("Silver", "Gold"), category=self.category)
        self.vendor = make_published_vendor("Nordwall", 12, category=self.category)
        self.posts = [make_post(make_member(), subject=PostSubject(self.thin), tags=[self.tag]) for _ in range(2)]
        self.members = self._members()
        self.representative = self.members["representative"] = make_representative(self.thin)
        self.readers = {name: browse(member) for name, member in self.members.items()}
        commit()
        self.paths = (
            f"/vendors/{self.thin.slug}",
            f"/vendors/{self.thin.slug}?overall=good&before=nonsense",
            f"/vendors/{self.vendor.slug}?volume=7",
            "/tags/deals",
            "/categories/storage",
        )

    def _members(self) -> dict[str, Member]:
        follower, anonymous, saver = make_member(), make_member(), make_member(time_zone="Asia/Tokyo")
        for member in (follower, anonymous):
            follow(member, "vendor", self.thin.id)
            follow(member, "tag", self.tag.id)
        for author, is_anonymous in ((anonymous, True), (make_member(), False)):
            make_post(author, anonymous=is_anonymous, subject=PostSubject(self.thin), tags=[self.tag])
        add_to_shortlist(saver, self.thin.slug)
        db.session.commit()
        make_rating(saver, vendor=self.thin, anonymous=True)
        return {
            "plain": make_member(name="Zoë & <Co>"),
            "follower": follower,
            "anonymous author": anonymous,
            "anonymous rater": saver,
            "moderator": make_member(role="moderator"),
        }

    def pages(self, names: Iterable[str] | None = None) -> dict[tuple[str, str], str]:
        return {
            (name, path): page_of(self.readers[name], path) for name in names or self.readers for path in self.paths
        }


def page_of(reader: Any, path: str) -> str:
    answer = reader.get(path)
    return f"{answer.status_code} {without_tokens(answer.text)}"


@pytest.fixture
def lists(app: Flask, browse: Callable[..., Any]) -> Lists:
    return Lists(browse)


def changes(lists: Lists) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each kind of change by name."""
    post, plain = lists.posts[0], lists.members["plain"]
    yield "reply", lambda: make_comment(post)
    yield "anonymous post", lambda: make_post(plain, anonymous=True, subject=PostSubject(lists.thin), tags=[lists.tag])
    yield "hide", lambda: hide(db.session.get_one(Post, lists.posts[1].id), "Rude.")
    yield "follow", lambda: [follow(plain, kind, row.id) for kind, row in (("tag", lists.tag), ("vendor", lists.thin))]
    yield "mark as read", lambda: mark_read(lists.members["follower"], "tag", lists.tag.id)
    yield "shortlist", lambda: add_to_shortlist(plain, lists.vendor.slug)
    yield "rating", lambda: make_rating(plain, vendor=db.session.get_one(Vendor, lists.thin.id))
    yield "name", lambda: setattr(db.session.get_one(Vendor, lists.thin.id), "name", "Southwall <2>")
    yield "figures", lambda: publish_figures(db.session.get_one(Vendor, lists.thin.id), make_figures(12, 4, 4))
    yield "tag", lambda: setattr(db.session.get_one(Tag, lists.tag.id), "description", "Of deals & bids")
    yield "category", lambda: rename_category(db.session.merge(lists.category), "Disks")
    yield "retired", lambda: retire_vendor(db.session.get_one(Vendor, lists.thin.id))
    yield "announcement", lambda: site.change_setting("announcement", "We move on Sunday.")


def whole_pages(
    lists: Lists, monkeypatch: pytest.MonkeyPatch, names: Iterable[str] | None = None
) -> dict[tuple[str, str], str]:
    with monkeypatch.context() as patch:
        for module in (views, ranking_views):
            patch.setattr(module, "lists_version", lambda: None)
        return lists.pages(names)


def test_every_reader_sees_the_same_page_after_each_kind_of_change(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lists.pages() == lists.pages() == whole_pages(lists, monkeypatch)
    names = ("plain", "follower", "anonymous author", "moderator")
    pages = lists.pages(names)
    for name, change in changes(lists):
        before = pages
        change()
        commit()
        pages = lists.pages(names)
        whole = whole_pages(lists, monkeypatch, names)
        assert [key for key, page in pages.items() if page != whole[key]] == [], name
        assert pages != before, f"{name} shows"
    assert lists.pages() == lists.pages() == whole_pages(lists, monkeypatch)


def test_each_member_has_their_own_buttons_and_no_others(lists: Lists) -> None:
    vendor_path, tag_path = lists.paths[0], lists.paths[3]
    lists.pages()
    pages = {key: page for key, page in lists.pages().items() if key[1] in (vendor_path, tag_path)}
    for text, path, names in (
        ("Revise your rating", vendor_path, {"anonymous rater"}),
        ("On your shortlist", vendor_path, {"anonymous rater"}),
        ("Your desk", vendor_path, {"representative"}),
        ("Who represents", vendor_path, {"moderator"}),
        ("Following<span", vendor_path, {"follower", "anonymous author"}),
        ("Following<span", tag_path, {"follower", "anonymous author"}),
        ("2 unread", tag_path, {"follower"}),
        ("1 unread", tag_path, {"anonymous author"}),  # their own post is none
    ):
        assert {name for (name, of), page in pages.items() if of == path and text in page} == names, text
    cached_texts = "".join(str(value) for _, value, _ in fragments._memory._entries.values())
    assert not [member.name for member in lists.members.values() if member.name in cached_texts]
    assert "Nordwall" in cached_texts and not re.search(r'csrf_token" value="[^"\']', cached_texts)


def test_a_page_costs_a_member_two_queries(lists: Lists) -> None:
    names = ("plain", "anonymous rater", "moderator", "representative")
    counts = {(name, path): queries_for(lists.readers[name], path) for name in names for path in lists.paths}
    assert counts == dict.fromkeys(counts, 2)
    # Which posts are their own is found along their chain, however many there are.
    for name in ("follower", "anonymous author"):
        assert [queries_for(lists.readers[name], path) for path in (lists.paths[0], lists.paths[3])] == [3, 3], name


def test_the_bell_of_a_category_reads_the_mark_of_a_state_and_a_form_sees_its_own_change(lists: Lists) -> None:
    member = lists.members["follower"]
    assert queries_for(lists.readers["follower"], lists.paths[4]) == 2
    with recorded_queries() as statements:
        lists.readers["follower"].get(lists.paths[4])
    assert [statement for statement in statements if "substr(member_states.sealed" in statement]
    before = state_mark(member.id)
    mark_read(member, "tag", lists.tag.id)
    assert state_mark(member.id) != before
    db.session.rollback()
    assert state_mark(member.id) == before


def test_the_end_of_a_session_a_lock_and_a_ban_take_effect_at_the_next_request(lists: Lists) -> None:
    member = db.session.get_one(Member, lists.members["anonymous rater"].id)
    reader, (vendor_path, *_, category_path) = lists.readers["anonymous rater"], lists.paths
    page = page_of(reader, vendor_path)
    assert "Revise your rating" in page and "On your shortlist" in page
    member.anonymous_locked_until = now() + timedelta(days=1)
    db.session.commit()
    page = page_of(reader, vendor_path)
    assert "Revise your rating" not in page and "On your shortlist" in page
    member.anonymous_locked_until, member.banned_at = None, now()
    db.session.commit()
    assert "On your shortlist" not in page_of(reader, vendor_path)
    member.banned_at, member.session_epoch = None, member.session_epoch + 1
    db.session.commit()
    assert [path for path in lists.paths if "your settings" in page_of(reader, path)] == []
    other = lists.readers["plain"]
    assert "your settings" in page_of(other, category_path)
    for row in db.session.scalars(db.select(MemberSession)).all():
        db.session.delete(row)
    db.session.commit()
    assert [path for path in lists.paths if "your settings" in page_of(other, path)] == []


def test_what_is_no_page_is_not_kept(lists: Lists) -> None:
    reader, moderator = lists.readers["plain"], lists.readers["moderator"]
    for path in ("/vendors/none", "/tags/none", "/categories/none"):
        assert reader.get(path).status_code == 404
    add_synonym(db.session.get_one(Tag, lists.tag.id), "bids")
    proposal = db.session.get_one(Vendor, lists.vendor.id)
    proposal.accepted_at = None
    db.session.commit()
    entries = len(fragments._memory._entries)
    assert reader.get("/tags/bids").location == "/tags/deals"
    assert reader.get(f"/vendors/{proposal.slug}").status_code == 404
    assert len(fragments._memory._entries) == entries
    for _ in range(2):
        assert "This is a proposal" in moderator.get(f"/vendors/{proposal.slug}").text
        assert reader.get(f"/vendors/{proposal.slug}").status_code == 404
