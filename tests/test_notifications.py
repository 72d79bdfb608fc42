"""Following: who is told of what, by a row that names nobody; the page of what is new, and the mail that says so."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from forum import mail as outbox
from forum.accounts.models import Member
from forum.db import db, now
from forum.mail import deliver_due
from forum.notifications import actions
from forum.notifications.follow_state import unseal_state
from forum.notifications.following import following_of
from forum.notifications.jobs import send_digests
from forum.notifications.models import Follow
from forum.notifications.queries import follows_of_member
from forum.notifications.unsubscribe_tokens import MAX_AGE, token_for
from forum.pages.leaving.own_data import own_data
from forum.posts.actions import PostSubject, delete_post
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Post
from forum.posts.visibility import approve_held, hide
from forum.urls import key_text
from tests.factories import make_tag, make_comment, make_member, make_post, make_vendor

MONDAY = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def path_to(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


def press(browser: Any, thing: str, do: str, **given: str) -> Any:
    answer = browser.post(f"{thing}/follow", data={"intent": do, **given})
    assert answer.status_code == 302
    return answer


def new_in(member: Member) -> dict[str, int]:
    """What the member is told of, by title or name: how many are new."""
    db.session.expire_all()
    everything = following_of(member)
    posts = {one.row.title: one.unread for one in everything.posts}
    return posts | {one.row.name: one.unread for one in [*everything.tags, *everything.vendors]}


def digest(at: datetime = TUESDAY) -> list[Any]:
    """Let the job run; the mails it made, taken out of the outbox."""
    db.session.commit()
    with time_machine.travel(at, tick=False):
        send_digests()
    db.session.expire_all()
    mails = db.session.query(outbox.Mail).all()
    made = [(one.to_address, one.subject, one.text, one.html, one.unsubscribe) for one in mails]
    for one in mails:
        db.session.delete(one)
    db.session.commit()
    return made


def to_whom(mails: list[Any]) -> set[str]:
    return {one[0] for one in mails}


@pytest.mark.parametrize("anonymous", [False, True])
def test_author_and_repliers_follow_the_thread_by_name_or_not(app: Flask, browse: Any, anonymous: bool) -> None:
    author, first, second = make_member(), make_member(), make_member()
    post = make_post(author, anonymous=anonymous)
    assert new_in(author) == {post.title: 0}
    make_comment(post, first, anonymous=anonymous)
    assert (new_in(author), new_in(first)) == ({post.title: 1}, {post.title: 0})
    make_comment(post, second, anonymous=anonymous)
    assert (new_in(author), new_in(first), new_in(second)) == ({post.title: 2}, {post.title: 1}, {post.title: 0})
    page = browse(author).get("/following").text
    assert post.title in page and "2 new" in page
    assert "2 new to you" in browse(author).get(path_to(post)).text


def test_nobody_is_told_of_their_own(app: Flask) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    other = make_comment(post, make_member())
    assert new_in(author) == {post.title: 1}
    make_comment(post, author, parent=other, anonymous=True)
    assert new_in(author) == {post.title: 1}, "what was new before stays so"
    make_comment(post, author)
    assert new_in(author) == {post.title: 1}, "under their name neither"
    assert to_whom(digest()) == {author.email, db.session.get(Member, other.author_id).email}


def test_ones_own_post_is_no_news_in_its_vendor_and_tags(app: Flask) -> None:
    author, reader = make_member(), make_member()
    tag, vendor = make_tag("deals"), make_vendor("Nordwall")
    for member in (author, reader):
        actions.follow(member, "tag", tag.id)
        actions.follow(member, "vendor", vendor.id)
    post = make_post(author, anonymous=True, tags=[tag], subject=PostSubject(vendor))
    assert new_in(author) == {post.title: 0, "deals": 0, "Nordwall": 0}
    assert new_in(reader) == {"deals": 1, "Nordwall": 1}


def test_buttons_follow_and_stop_without_a_script(app: Flask, browse: Any) -> None:
    reader, tag, vendor = make_member(), make_tag("deals"), make_vendor("Nordwall")
    post = make_post(tags=[tag], subject=PostSubject(vendor))
    browser = browse(reader)
    for page, thing in [
        (path_to(post), f"/posts/{key_text(post.id)}"),
        ("/tags/deals", "/tags/deals"),
        ("/vendors/nordwall", "/vendors/nordwall"),
    ]:
        assert f'action="{thing}/follow"' in browser.get(page).text
        assert f'action="{thing}/follow"' not in browse().get(page).text
        press(browser, thing, "follow")
        assert 'value="unfollow" aria-pressed="true"' in browser.get(page).text
    assert new_in(reader) == {post.title: 0, "deals": 0, "Nordwall": 0}
    make_comment(post)
    make_post(tags=[tag], subject=PostSubject(vendor))
    assert new_in(reader) == {post.title: 1, "deals": 1, "Nordwall": 1}
    page = browser.get("/following").text
    assert "<b>1 new</b>" in page and page.count("1 new experience") == 2
    for thing in (f"/posts/{key_text(post.id)}", "/tags/deals", "/vendors/nordwall"):
        press(browser, thing, "unfollow")
    assert new_in(reader) == {}
    assert "You follow nothing yet" in browser.get("/following").text


def test_reading_changes_nothing_and_buttons_mark_it_read(app: Flask, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    first, second = make_comment(post), make_comment(post, anonymous=True)
    browser = browse(author)
    seals = {row.follower_seal for row in db.session.query(Follow)}
    for page in (path_to(post), "/following", "/following?show=all", f"/replies/{key_text(first.id)}"):
        browser.get(page)
    assert {row.follower_seal for row in db.session.query(Follow)} == seals
    opened_at = press(browser, f"/posts/{key_text(post.id)}", "open").location
    assert opened_at in {f"/replies/{key_text(one.id)}" for one in (first, second)}
    assert new_in(author) == {post.title: 0}
    make_comment(post)
    back = press(browser, f"/posts/{key_text(post.id)}", "mark_read", return_to="/following").location
    assert (back, new_in(author)) == ("/following", {post.title: 0})
    assert "Nothing new" in browser.get("/following").text
    make_comment(post)
    assert browser.post("/following/seen").location == "/following"
    assert new_in(author) == {post.title: 0}


def test_the_first_new_reply_is_none_of_ones_own(app: Flask, browse: Any) -> None:
    author = make_member()
    post = make_post(author, anonymous=True)
    make_comment(post, at=now() - timedelta(hours=3))
    actions.mark_read(author, "post", post.id)
    new = make_comment(post, at=now() - timedelta(hours=2))
    make_comment(post, author, at=now() - timedelta(hours=1))
    make_comment(post, author, anonymous=True)
    assert press(browse(author), f"/posts/{key_text(post.id)}", "open").location == f"/replies/{key_text(new.id)}"


def test_only_members_follow_and_only_what_they_may_see(app: Flask, browse: Any) -> None:
    post = make_post()
    address = f"/posts/{key_text(post.id)}"
    assert browse().post(f"{address}/follow", data={"intent": "follow"}).status_code == 401
    assert browse().get("/following").status_code == 302
    reader = browse(make_member())
    assert reader.post(f"{address}/follow", data={"intent": "nonsense"}).status_code == 400
    assert reader.get(f"{address}/follow").status_code in (301, 302, 404, 405)
    assert press(reader, address, "follow", return_to="https://elsewhere.example/").location == path_to(post)
    hide(post, "Under review.")
    assert reader.post(f"{address}/follow", data={"intent": "follow"}).status_code == 404
    assert reader.post("/tags/nothing/follow", data={"intent": "follow"}).status_code == 404
    proposed = make_vendor("Nordwall")
    proposed.accepted_at = None
    assert reader.post("/vendors/nordwall/follow", data={"intent": "follow"}).status_code == 404


def test_held_and_hidden_texts_are_never_told_of(app: Flask) -> None:
    author = make_member()
    post = make_post(author)
    reply = make_comment(post)
    hide(reply, "Under review.")
    assert new_in(author) == {post.title: 0} and digest() == []
    approve_held(reply)
    assert new_in(author) == {post.title: 1}
    hide(post, "Under review.")
    assert new_in(author) == {} and digest() == []


def test_a_held_text_is_followed_by_its_author_once_it_is_let_through(app: Flask) -> None:
    author = make_member()
    post = make_post()
    reply = make_comment(post, author, anonymous=True)
    hide(reply, "Under review.")
    approve_held(reply)
    assert new_in(author) == {post.title: 0}
    assert len(follows_of_member(author)) == 1


def test_who_has_stopped_following_stays_so_when_they_write_again(app: Flask) -> None:
    author = make_member()
    post = make_post(author)
    actions.unfollow(author, "post", post.id)
    make_comment(post, author, anonymous=True)
    make_comment(post)
    assert new_in(author) == {}
    actions.follow(author, "post", post.id)
    assert new_in(author) == {post.title: 0}
    make_comment(post)
    assert new_in(author) == {post.title: 1}


def rows_on(post: Post) -> list[Follow]:
    return db.session.query(Follow).filter_by(post_id=post.id).all()


def looks(row: Follow) -> tuple[Any, ...]:
    """All that a row tells without the key."""
    return (row.tag_id, row.vendor_id, len(row.follow_hmac), len(row.chain_link), len(row.follower_seal))


def test_rows_of_named_and_anonymous_followers_cannot_be_told_apart(app: Flask) -> None:
    reader = make_member()
    post = make_post(make_member(), anonymous=True)
    make_comment(post, make_member())
    make_comment(post, make_member(), anonymous=True)
    actions.follow(reader, "post", post.id)
    make_comment(post, reader)
    for do in (actions.mark_read, actions.unfollow):
        do(reader, "post", post.id)
    assert len(rows_on(post)) == 4
    assert len({looks(row) for row in rows_on(post)}) == 1
    columns = set(Follow.__table__.columns.keys())
    assert columns == {"id", "post_id", "tag_id", "vendor_id", "follow_hmac", "chain_link", "follower_seal"}


def test_how_many_rows_a_thread_has_does_not_tell_whether_a_pseudonym_is_one_of_its_names(app: Flask) -> None:
    same, other, third = make_member(), make_member(), make_member()
    counts = []
    for behind in (same, third):
        post = make_post(other)
        make_comment(post, same)
        actions.follow(same, "post", post.id)
        make_comment(post, behind, anonymous=True)
        make_comment(post, behind, anonymous=True)
        actions.unfollow(behind, "post", post.id)
        counts.append(Counter(looks(row) for row in rows_on(post)))
    assert counts[0] == counts[1]
    assert list(counts[0].values()) == [3]


def test_rows_of_one_member_in_two_threads_share_nothing(app: Flask) -> None:
    member = make_member()
    posts = [make_post(member, anonymous=True) for _ in range(20)]
    told = [(row.follow_hmac, row.chain_link, row.follower_seal) for post in posts for row in rows_on(post)]
    values = [value for row in told for value in row]
    assert len(values) == len(set(values)) == 60
    assert all(str(member.id).zfill(12) not in value for value in values)
    assert len(follows_of_member(member)) == 20


def test_a_chain_with_more_than_a_stretch_of_follows_is_found_whole(app: Flask, monkeypatch: Any) -> None:
    for module in ("forum.notifications.actions", "forum.notifications.queries"):
        monkeypatch.setattr(f"{module}.STRETCH", 8)
    member = make_member()
    for _ in range(30):
        actions.follow(member, "tag", make_tag().id)
    assert len(follows_of_member(member)) == 30


def test_with_the_key_lost_nobody_follows_anything_and_nothing_breaks(app: Flask, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    make_comment(post)
    kept = app.config["ANONYMITY_KEYS"]
    app.config["ANONYMITY_KEYS"] = ["another key, made after the first was lost"]
    try:
        assert new_in(author) == {} and digest() == []
        press(browse(author), f"/posts/{key_text(post.id)}", "follow")
        assert new_in(author) == {post.title: 0}
        app.config["ANONYMITY_KEYS"] = [*app.config["ANONYMITY_KEYS"], *kept]
        assert new_in(author) == {post.title: 0}, "a rotation finds both rows, and the later look counts"
    finally:
        app.config["ANONYMITY_KEYS"] = kept


def test_the_digest_says_that_something_is_new_and_nothing_more(app: Flask) -> None:
    author = make_member(name="Marta Aalto")
    vendor, tag = make_vendor("Nordwall"), make_tag("deals")
    post = make_post(author, anonymous=True, subject=PostSubject(vendor), tags=[tag])
    reply = make_comment(post, make_member(name="Jonas Reuter", digest="never"))
    (to, subject, text, html, unsubscribe), *more = digest()
    assert (to, subject, more) == (author.email, "There is something new in what you follow", [])
    for said in (text, html):
        rest = said.replace(unsubscribe, "").replace(str(author.name), "")
        assert "http://localhost/following" in said and unsubscribe in said
        for secret in (post.title, key_text(post.id), key_text(reply.id), "Nordwall", "deals", "Jonas", "anonym", "1"):
            assert secret not in rest, secret


def test_two_digests_differ_in_name_and_link_only(app: Flask) -> None:
    few, many = make_member(), make_member()
    post = make_post(few, anonymous=True)
    for _ in range(3):
        actions.follow(many, "post", make_post().id)
        actions.follow(many, "tag", make_tag().id)
    for row in follows_of_member(many):
        if row.post_id:
            make_comment(db.session.get(Post, row.post_id))
    make_comment(post)
    mails = {to: (text, html, link) for to, _, text, html, link in digest()}

    def bare(member: Member) -> list[str]:
        *said, link = mails[member.email]
        return [one.replace(link, "LINK").replace(member.name, "NAME") for one in said]

    assert bare(few) == bare(many)
    assert len(mails[few.email][2]) == len(mails[many.email][2])


def test_a_reply_sends_no_mail_and_each_is_told_of_once(app: Flask) -> None:
    author = make_member()
    post = make_post(author)
    make_comment(post, make_member(digest="never"))
    assert db.session.query(outbox.Mail).count() == 0
    assert to_whom(digest()) == {author.email}
    assert digest(TUESDAY + timedelta(days=1)) == [], "told already, though not looked at"
    make_comment(post, make_member(digest="never"))
    assert to_whom(digest(TUESDAY + timedelta(days=2))) == {author.email}
    actions.mark_read(author, "post", post.id)
    make_comment(post, make_member(digest="never"))
    actions.mark_read(author, "post", post.id)
    assert digest(TUESDAY + timedelta(days=3)) == [], "seen before the mail would go"


def test_weekly_mail_comes_on_mondays_and_some_get_none(app: Flask) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "daily": {},
        "weekly": {"digest": "weekly"},
        "never": {"digest": "never"},
        "back": {"bounced_at": now()},
        "banned": {"banned_at": now()},
        "new": {"confirmed_at": None},
        "nowhere": {"email": None},
    }
    members = {kind: make_member(**given) for kind, given in kinds.items()}
    post = make_post(make_member(digest="never"))
    for member in members.values():
        actions.follow(member, "post", post.id)
    make_comment(post, make_member(digest="never"))
    assert to_whom(digest(TUESDAY)) == {members["daily"].email}
    assert to_whom(digest(MONDAY + timedelta(days=7))) == {members["weekly"].email}
    assert digest(MONDAY + timedelta(days=14)) == []


def test_every_row_is_sealed_anew_by_the_digest_whoever_was_told(app: Flask) -> None:
    members = [make_member(digest=digest) for digest in ("daily", "weekly", "never")]
    post = make_post(make_member())
    for member in members:
        actions.follow(member, "post", post.id)
    make_comment(post)
    before = {row.id: row.follower_seal for row in db.session.query(Follow)}
    digest()
    after = {row.id: row.follower_seal for row in db.session.query(Follow)}
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def test_mail_programmes_get_a_button_that_stops_the_digest_and_no_other_mail_has_one(
    app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", f"file:{tmp_path}")
    author = make_member(email="marta@partner.example")
    make_comment(make_post(author), make_member(digest="never"))
    db.session.commit()
    with time_machine.travel(TUESDAY, tick=False):
        send_digests()
        outbox.enqueue("jonas@partner.example", "password_changed", subject="Changed", name="Jonas", link="http://x/")
        assert deliver_due() == 2
    letters = [file.read_text() for file in tmp_path.glob("*.eml")]
    own = next(letter for letter in letters if "To: marta@" in letter)
    other = next(letter for letter in letters if "To: jonas@" in letter)
    head = own.split("\n\n")[0].replace("\n ", "")
    assert re.search(r"^List-Unsubscribe: <http://localhost/unsubscribe/\S+>$", head, re.M)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert "List-Unsubscribe" not in other


def test_unsubscribing_works_by_one_post_without_signing_in_and_by_a_page(app: Flask, browse: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for ask_first in (False, True):
            member = make_member()
            address = f"/unsubscribe/{token_for(member.id)}"
            if ask_first:
                page = browse().get(address)
                assert page.status_code == 200 and "Stop this mail" in page.text
                db.session.refresh(member)
                assert member.digest == "daily", "a link that is merely followed, as scanners do, stops nothing"
            answer = browse().post(address, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200 and "No more mail" in answer.text
            db.session.refresh(member)
            assert member.digest == "never"
            assert member.name not in answer.text and str(member.email) not in answer.text
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_token_that_is_forged_too_old_or_of_somebody_gone_stops_nothing(app: Flask, browse: Any) -> None:
    member = make_member()
    token = token_for(member.id)
    assert token_for(member.id) != token, "two mails to one member share nothing"
    assert str(member.id).zfill(12) not in token
    middle = len(token) // 3
    forged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for bad in (forged, token[:-2], "nonsense", "%00", "a.b.c"):
        assert browse().post(f"/unsubscribe/{bad}").status_code in (404, 410)
        assert browse().get(f"/unsubscribe/{bad}").status_code in (404, 410)
    with time_machine.travel(now() + timedelta(seconds=MAX_AGE + 60), tick=False):
        assert browse().post(f"/unsubscribe/{token}").status_code == 410
    with time_machine.travel(now() + timedelta(seconds=MAX_AGE - 60), tick=False):
        assert browse().get(f"/unsubscribe/{token}").status_code == 200
    gone = token_for(member.id + 1)
    assert browse().post(f"/unsubscribe/{gone}").status_code == 410
    db.session.refresh(member)
    assert member.digest == "daily"


def test_how_often_mail_comes_is_chosen_in_the_settings(app: Flask, browse: Any) -> None:
    member = make_member()
    browser = browse(member)
    assert re.search(r'value="daily" checked', browser.get("/settings/mail").text)
    assert browser.post("/settings/mail", data={"digest": "weekly"}).status_code == 302
    assert re.search(r'value="weekly" checked', browser.get("/settings/mail").text)
    assert browser.post("/settings/mail", data={"digest": "hourly"}).status_code == 422
    db.session.refresh(member)
    assert member.digest == "weekly"
    assert browse().get("/settings/mail").status_code == 302


def test_what_one_follows_is_in_ones_own_export(app: Flask) -> None:
    author = make_member()
    post, tag = make_post(author, anonymous=True), make_tag("deals")
    actions.follow(author, "tag", tag.id)
    told = json.loads("".join(own_data(author)))["following"]
    assert told == [{"post": key_text(post.id), "title": post.title, "new": 0}, {"tag": "deals", "new": 0}]


def test_a_deleted_thread_and_a_deleted_reply_are_no_news(app: Flask, browse: Any) -> None:
    author, replier = make_member(), make_member()
    post, other = make_post(author), make_post(author)
    reply = make_comment(post, replier)
    delete_post(other)
    assert db.session.query(Follow).filter_by(post_id=other.id).count() == 0
    delete_comment(reply)
    assert new_in(author) == {post.title: 0}
    make_comment(post)
    delete_post(post)
    assert new_in(author) == {} and digest() == []
    assert browse(author).get("/following?show=all").status_code == 200


def test_of_somebody_who_left_the_rows_stay_and_say_nothing_more(app: Flask) -> None:
    leaver, stays = make_member(), make_member()
    post = make_post(stays)
    make_comment(post, leaver, anonymous=True)
    db.session.delete(leaver)
    assert to_whom(digest()) == {stays.email}
    assert len(rows_on(post)) == 2
    inside = [unseal_state(row.follower_seal) for row in rows_on(post)]
    assert sorted(state.member_id for state in inside if state) == [0, stays.id]


def test_what_was_moved_in_is_followed_by_nobody_until_it_is_claimed(app: Flask) -> None:
    make_comment(make_post(make_member(password_hash=None, confirmed_at=None)), make_member(confirmed_at=None))
    assert db.session.query(Follow).count() == 0


def test_the_page_shows_new_ones_first_and_further_ones_on_further_pages(app: Flask, browse: Any) -> None:
    reader = make_member()
    posts = [make_post(at=now() - timedelta(hours=n)) for n in range(35)]
    for post in posts:
        actions.follow(reader, "post", post.id)
    first = browse(reader).get("/following?show=all").text
    titles = [post.title for post in posts if f">{post.title}<" in first]
    assert titles == [post.title for post in posts[:30]]
    further = re.search(r'href="(/following\?show=all[^"]+after=[^"]+)"', first)
    assert further is not None
    second = browse(reader).get(further[1].replace("&amp;", "&")).text
    assert [post.title for post in posts if f">{post.title}<" in second] == [post.title for post in posts[30:]]
