"""A page made of shared parts and the member's own values is, byte for byte, the page rendered as a whole."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask, render_template_string

from forum import fragments, site, versions
from forum.accounts.models import Member, MemberSession
from forum.db import db, now
from forum.fragments import AnyMember, ReaderNeededError
from forum.notifications.actions import follow
from forum.posts import post_pages, views
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import delete_comment, edit_comment
from forum.posts.models import Comment, Post
from forum.posts.post_pages import PageVersions
from forum.posts.recounts import settle_recounts
from forum.posts.reply_forms import _DOMAIN, _NOBODYS_SECRET
from forum.posts.visibility import hide
from forum.posts.writing import mark_useful
from forum.signed_tokens import serializer
from forum.submissions import TIMESTAMP_FIELD
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import make_comment, make_member, make_post, make_representative, make_tag, make_vendor
from tests.query_counts import queries_for

# What is new on each visit.
RANDOM = re.compile(r'(name="(?:csrf_token|form_timestamp|submission)" value=")[^"]*')


class Thread:
    """A post with replies, and its readers by what they are."""

    def __init__(self, browse: Callable[..., Any]) -> None:
        vendor, tag = make_vendor("Nordwall"), make_tag("deals")
        self.author, self.other = make_member(), make_member(name="Zoë & <Co>", time_zone="Europe/Helsinki")
        self.post = make_post(make_member(), subject=PostSubject(vendor), tags=[tag])
        self.related = make_post(subject=PostSubject(vendor), tags=[tag])
        anonymous = make_member()
        self.comments = [make_comment(self.post, self.author), make_comment(self.post, anonymous, anonymous=True)]
        self.comments.append(make_comment(self.post, self.other, parent=self.comments[0]))
        db.session.commit()
        members = self._members(vendor) | {"anonymous author": anonymous}
        self.readers = {name: browse(member) for name, member in members.items()}
        members["banned"].banned_at = now()
        db.session.commit()

    def _members(self, vendor: Vendor) -> dict[str, Member]:
        follower, voter = make_member(), make_member()
        follow(follower, "post", self.post.id)
        for item in (self.post, *self.comments):
            mark_useful(voter, item)
        return {
            "plain": make_member(),
            "elsewhere": make_member(time_zone="Asia/Tokyo"),
            "author by name": self.author,
            "author of the post": db.session.get(Member, self.post.author_id),
            "moderator": make_member(role="moderator"),
            "admin": make_member(role="admin"),
            "representative": make_representative(vendor),
            "suspended": make_member(suspended_until=now() + timedelta(days=2)),
            "at a free address": make_member(email="ada@gmail.com", name="'Ada' \\1 & \"Byron\" <b>"),
            "locked": make_member(anonymous_locked_until=now() + timedelta(days=2)),
            "follower": follower,
            "voter": voter,
            "banned": make_member(),
        }

    @property
    def path(self) -> str:
        return f"/posts/{key_text(self.post.id)}/{self.post.slug}"

    def pages(self, path: str | None = None) -> dict[str, str]:
        return {name: page_of(reader, path or self.path) for name, reader in self.readers.items()}


def cached_values() -> list[Any]:
    return [value for _, value, _ in fragments._memory._entries.values()]


def page_of(reader: Any, path: str) -> str:
    answer = reader.get(path)
    text = RANDOM.sub(r"\1", answer.text).rstrip()
    return f"{answer.status_code} {text}"


@pytest.fixture
def thread(app: Flask, browse: Callable[..., Any]) -> Thread:
    return Thread(browse)


@pytest.fixture
def is_same(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], bool]]:
    """Provide a function that compares all readers' pages, kept and made anew."""

    def compare() -> bool:
        visits = [thread.pages(), thread.pages()]
        with monkeypatch.context() as patch:
            patch.setattr(views, "page_versions", lambda *_: PageVersions())
            fresh = thread.pages()
        for name, page in fresh.items():
            assert visits[0][name] == page, f"{name} reads something else"
            assert visits[1][name] == page, f"{name} reads something else again"
        return True

    return compare


def comment(thread: Thread) -> None:
    make_comment(thread.post, thread.other)


def comment_anonymously(thread: Thread) -> None:
    make_comment(thread.post, thread.other, anonymous=True)


def change_comment(thread: Thread) -> None:
    edit_comment(db.session.get(Comment, thread.comments[0].id), body="Quite another text.", author=thread.author)


def remove_comment(thread: Thread) -> None:
    delete_comment(db.session.get(Comment, thread.comments[2].id))


def hide_comment(thread: Thread) -> None:
    hide(db.session.get(Comment, thread.comments[1].id), "Rude.")


def hide_post(thread: Thread) -> None:
    hide(db.session.get(Post, thread.post.id), "Rude.")


def change_post(thread: Thread) -> None:
    post = db.session.get(Post, thread.post.id)
    post.title = "Another title"


def lock_post(thread: Thread) -> None:
    post = db.session.get(Post, thread.post.id)
    post.locked_at, post.locked_reason = now(), "It is settled."


def dispute(thread: Thread) -> None:
    db.session.get(Post, thread.post.id).disputed_at = now()
    db.session.get(Comment, thread.comments[0].id).disputed_at = now()


def vote(thread: Thread) -> None:
    mark_useful(thread.other, db.session.get(Post, thread.post.id))
    mark_useful(thread.author, db.session.get(Comment, thread.comments[2].id))
    db.session.commit()
    settle_recounts(db.session.commit)


def rename_member(thread: Thread) -> None:
    db.session.get(Member, thread.author.id).name = "Somebody Else"


def promote_member(thread: Thread) -> None:
    db.session.get(Member, thread.author.id).role = "moderator"


def rename_vendor(thread: Thread) -> None:
    db.session.get(Post, thread.post.id).vendor.name = "Southwall"


def reply_to_related(thread: Thread) -> None:
    make_comment(db.session.get(Post, thread.related.id))


def announce(thread: Thread) -> None:
    site.change_setting("announcement", "We move on Sunday.")


def rename_site(thread: Thread) -> None:
    site.change_setting("site_name", "Half Duplex")


CHANGES = (
    *(comment, comment_anonymously, change_comment, remove_comment, hide_comment, hide_post, change_post, lock_post),
    *(dispute, vote, rename_member, promote_member, rename_vendor, reply_to_related, announce, rename_site),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_reader_sees_the_same_page_after_a_change(
    thread: Thread, is_same: Callable[[], bool], change: Callable[[Thread], None]
) -> None:
    before = thread.pages() if is_same() else {}
    change(thread)
    db.session.commit()
    assert is_same()
    assert thread.pages() != before, "the change shows"


def test_a_members_own_vote_shows_at_once(thread: Thread, is_same: Callable[[], bool]) -> None:
    assert is_same()
    reader = thread.readers["plain"]
    for path in (thread.path.rsplit("/", 1)[0], f"/replies/{key_text(thread.comments[0].id)}"):
        assert reader.post(f"{path}/useful", data={"intent": "mark"}).status_code == 302
    assert page_of(reader, thread.path).count('aria-pressed="true"') == 2
    assert is_same()


def test_a_post_costs_its_readers_two_queries(thread: Thread) -> None:
    readers = [name for name in thread.readers if name not in ("banned", "representative")]
    # Staff's bell asks whether cases wait; a bell is counted once in half a minute.
    assert {name: queries_for(thread.readers[name], thread.path) for name in readers} == dict.fromkeys(readers, 2)


def test_the_cache_holds_nothing_of_a_reader(thread: Thread) -> None:
    thread.pages()
    texts = "".join(map(str, cached_values()))
    assert "What do you think" in texts or thread.post.title in texts
    for reader in thread.readers.values():
        page = reader.get(thread.path).text
        private = re.findall(
            r'(?:csrf_token|form_timestamp|submission)" value="([^"]+)|data-draft-owner="([^"]+)', page
        )
        assert not [token for tokens in private for token in tokens if token and token in texts]
    assert "data-own" not in texts and f"{key_text(thread.post.id)}/edit" not in texts


def test_the_end_of_a_session_and_a_ban_take_effect_at_the_next_request(thread: Thread) -> None:
    reader, name = thread.readers["author by name"], thread.author.name
    for path in (thread.path, "/"):
        assert "your settings" in page_of(reader, path)
    db.session.get(Member, thread.author.id).suspended_until = now() + timedelta(days=2)
    db.session.commit()
    assert "You can't write until" in page_of(reader, thread.path).replace("\n", " ") and name in page_of(reader, "/")
    db.session.get(Member, thread.author.id).session_epoch += 1
    db.session.commit()
    for path in (thread.path, "/"):
        assert "your settings" not in page_of(reader, path) and "Sign in" in page_of(reader, path)
    member = db.session.scalars(db.select(MemberSession)).all()
    for row in member:
        db.session.delete(row)
    db.session.commit()
    assert "Sign in" in page_of(thread.readers["plain"], thread.path)


def test_each_visit_has_a_form_of_its_own(thread: Thread) -> None:
    reader = thread.readers["plain"]
    forms = []
    for page in (reader.get(thread.path).text, reader.get(thread.path).text):
        fields = dict(re.findall(r'name="(csrf_token|form_timestamp|submission)" value="([^"]+)"', page))
        with reader.session_transaction() as session:
            assert serializer("wtf-csrf-token").loads(fields["csrf_token"]) == session["csrf_token"]
        assert serializer(TIMESTAMP_FIELD).loads(fields["form_timestamp"], max_age=60) == ""
        assert re.fullmatch("[0-9a-f]{32}", fields["submission"])
        assert not [secret for secret in (fragments._SECRET, _DOMAIN, _NOBODYS_SECRET) if secret in page]
        forms.append(fields["submission"])
    assert forms[0] != forms[1]
    gaps = [name for value in cached_values() for _, name in getattr(value, "gaps", ())]
    assert "submission" in gaps, "the form is kept"


def test_the_shared_part_of_a_page_can_use_nothing_of_its_reader(app: Flask) -> None:
    reader = AnyMember("UTC")
    for name in ("id", "secret", "suspended_until", "anonymous_locked_until", "represents_id"):
        with pytest.raises(ReaderNeededError):
            getattr(reader, name)
    for text in ("{{ current_user.email }}", "{{ get_flashed_messages() }}", "{{ session.x }}", "{{ can('write') }}"):
        with pytest.raises(ReaderNeededError):
            fragments._print(partial(render_template_string, text), reader)


def test_the_cache_is_bounded_by_bytes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "MAX_BYTES", 100)
    for number in range(10):
        fragments.cached(number, (1,), lambda: "text", lambda text: 30)
    assert len(fragments._memory._entries) == 3 and fragments._memory._size == 90


def test_nothing_is_cached_while_no_version_is_known(
    thread: Thread, is_same: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "current", lambda subjects: None)
    assert is_same() and not fragments._memory._entries
    assert post_pages.page_versions(1, post_pages.ThreadPlace()) == PageVersions()
