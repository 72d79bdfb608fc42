"""A member's own lists: paged by key, each item once, and at the same cost however much the member has."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import insert, text

from forum import cursors
from forum.admin.queries import decisions_about
from forum.db import db, now
from forum.moderation.models import Decision
from forum.moderation.own_decision_queries import decision_times, decisions_for_member
from forum.notifications import actions, bell, news_actions, unread_counts
from forum.notifications.following import following_of
from forum.notifications.member_state import unseal_state
from forum.notifications.mention_jobs import settle_pending_mentions
from forum.notifications.news import news_of, outlined_news
from forum.notifications.news_queries import MAX_REPLIES, latest_replies
from forum.notifications.queries import sealed_state
from forum.posts.actions import PostSubject
from forum.posts.chain_queries import PAGE_SIZE
from forum.urls import KeyConverter
from tests.factories import make_comment, make_member, make_post, make_vendor
from tests.query_counts import queries_for, recorded_queries, recorded_work

MORE = re.compile(r'<a href="([^"]+)" rel="next">')


def pages(browser, path):
    """Return the pages of a list, from the first to the last."""
    texts = []
    while path and len(texts) < 20:
        texts.append(browser.get(path).text)
        following = MORE.search(texts[-1])
        path = unescape(following[1]) if following else None
    return texts


def write_anonymously(author, count):
    for n in range(count):
        make_comment(make_post(author, anonymous=True, title=f"Year {n} of the programme"), author, anonymous=True)
    db.session.commit()


def decide_about(member, count):
    """Log decisions: about the account, and about what the member signed and wrote anonymously, one after the other."""
    texts = [make_post(member), make_post(member, anonymous=True)]
    for n in range(count):
        about = {"member_id": member.id} if n % 3 == 0 else {"post_id": texts[n % 3 - 1].id}
        values = {"action": "warn", "target_label": "a post", "rule": 1, "reason": f"Reason number {n:03}."}
        values |= {"source": "own", "moderator_name": "moderator 1", "decided_at": now()}
        db.session.add(Decision(id=n + 1 if n % 2 else -n - 1, **values, **about))
    db.session.commit()


def test_pages_of_anonymous_writing_show_each_text_once_and_name_none_in_a_url(app, browse):
    author, other = make_member(), make_member()
    write_anonymously(author, PAGE_SIZE)
    write_anonymously(other, 2)
    texts = pages(browse(author), "/anonymous-writing")
    rows = [re.findall(r'<td class="full">(.*?)</td>', text, re.S) for text in texts]
    assert [len(page) for page in rows] == [PAGE_SIZE, PAGE_SIZE]
    assert len({row for page in rows for row in page}) == 2 * PAGE_SIZE
    assert "First page" not in texts[0] and "First page" in texts[1]
    for address in MORE.findall("".join(texts)):
        assert len(address) < 160 and not re.search(r"\d{8}T", address)


def test_pages_of_decisions_show_each_once(app, browse):
    member = make_member()
    decide_about(member, 65)
    reasons = [re.findall(r"Reason number (\d+)", text) for text in pages(browse(member), "/decisions")]
    assert [len(page) for page in reasons] == [30, 30, 5]
    assert len({reason for page in reasons for reason in page}) == 65
    assert "Reason number" not in browse(make_member()).get("/decisions").text


@pytest.mark.parametrize("migrated_app", ["postgres"], indirect=True)
def test_decisions_about_a_member_are_found_without_reading_the_log(app):
    member = make_member()
    make_comment(make_post(member), member)
    values = {"action": "warn", "target_label": "a post", "rule": 1, "reason": "", "source": "own", "decided_at": now()}
    # About texts that are gone.
    db.session.execute(insert(Decision), [{"moderator_name": "moderator 1", **values}] * 600)
    db.session.execute(text("ANALYZE decisions"))
    db.session.commit()
    rows_read = text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'decisions'")
    before = db.session.scalar(rows_read)
    assert not decisions_about(member) and not decisions_for_member(member, ["0" * 64]).rows
    assert not decision_times(member, ["0" * 64], since=now().replace(year=2001))
    assert db.session.scalar(rows_read) - before < 50


@pytest.mark.parametrize("path", ["/anonymous-writing", "/decisions"])
def test_an_invalid_cursor_shows_the_first_page_and_one_past_the_end_leads_back(app, browse, path):
    member = make_member()
    write_anonymously(member, 1)
    decide_about(member, 1)
    browser = browse(member)
    text = "Year 0 of the programme" if path == "/anonymous-writing" else "Reason number 000."
    for cursor in ("x", "ä", "A" * 200, "20261112T093000.81234", "4"):
        assert text in browser.get(f"{path}?after={cursor}").text, cursor
    past = browser.get(f"{path}?after={cursors.seal(now().replace(year=2001), 1)}").text
    assert text not in past and "First page" in past and 'class="empty"' not in past


@pytest.mark.parametrize(("path", "grow"), [("/anonymous-writing", write_anonymously), ("/decisions", decide_about)])
def test_a_page_costs_the_same_number_of_queries_for_two_items_and_for_two_pages(app, browse, path, grow):
    few, many = make_member(), make_member()
    write_anonymously(few, 2)
    grow(many, 2 * PAGE_SIZE)
    assert queries_for(browse(many), path) == queries_for(browse(few), path)


def follow_topics(reader, count):
    """Let a member follow tags and vendors with one new post each."""
    for n in range(count):
        vendor = make_vendor(f"Vendor {n:02} of {reader.id}")
        actions.follow(reader, "vendor", vendor.id)
        make_post(subject=PostSubject(vendor))
    db.session.commit()


def test_pages_of_what_one_follows_show_each_item_once(app, browse):
    reader = make_member()
    follow_topics(reader, 35)
    for n in range(35):
        make_comment(make_post(reader, title=f"Year {n:02} of the programme"))
    db.session.commit()
    for path in ("/following", "/following?show=all"):
        first = browse(reader).get(path).text
        links = [unescape(link) for link in MORE.findall(first)]
        assert len(links) == 2 and "First page" not in first
        assert re.findall(r'class="pager" aria-label="(.*?)"', first) == ["Pages of posts", "Pages of vendors and tags"]
        further = [browse(reader).get(link).text for link in links]
        assert all("First page" in page for page in further)
        names = [re.findall(r">(Year \d\d|Vendor \d\d)", page) for page in (first, *further)]
        assert [len(page) for page in names] == [60, 5, 5]
        assert len({name for page in names for name in page}) == 70
    assert "Vendor 00" in browse(reader).get("/following?topic=vendor+nothing&after=nothing").text
    for path in ("/following", "/notifications"):
        page = browse(reader).get(path).text
        for link in MORE.findall(page):
            assert re.fullmatch(r"/\w+\?\w+=[\w%-]{100,130}", link), link
            assert link not in browse(reader).get(path).text, "one seal for two visits"


def test_a_page_continues_after_an_item_that_was_read_meanwhile(app, browse):
    reader = make_member()
    for n in range(32):
        make_comment(make_post(reader, title=f"Year {n:02} of the programme", at=now() - timedelta(hours=n)))
    db.session.commit()
    browser = browse(reader)
    page = browser.get("/following").text
    link = unescape(MORE.findall(page)[0])
    last = re.findall(r"/posts/(\w+)/follow", page)[-1]
    actions.mark_read(reader, "post", KeyConverter.number_in(last))
    db.session.commit()
    assert len(re.findall(r">Year \d\d", browser.get(link).text)) == 2


@pytest.mark.parametrize("muted", [(), ("reply",), ("mention", "vendor")])
def test_the_bell_counts_what_the_list_shows(app, muted):
    reader = make_member()
    follow_topics(reader, 2)
    post, other = make_post(reader), make_post()
    actions.follow(reader, "post", other.id)
    for n in range(4):
        make_comment(post, body=f"@{reader.slug} number {n}" if n == 3 else "We had the same.")
        make_comment(other, body="We had the same.")
    news_actions.mute_kinds(reader, muted)
    db.session.commit()
    settle_pending_mentions()
    news = outlined_news(reader)
    listed = news_of(reader)
    assert listed and news.unread_total(99) == sum(group.unread for group in listed)
    assert [group.target for group in news.page(None).items] == [group.target for group in listed]


def test_marking_all_as_read_stores_nothing_about_threads_without_replies(app):
    reader = make_member()
    quiet, answered = make_post(reader), make_post(reader)
    make_comment(quiet, reader)
    make_comment(answered)
    actions.mark_all_read(reader)
    assert unseal_state(sealed_state(reader.id)).items.keys() == {("post", answered.id)}
    make_comment(quiet)
    assert following_of(reader).by_target()["post", quiet.id].unread == 1
    assert following_of(reader).by_target()["post", answered.id].unread == 0


def test_the_bell_of_a_member_with_many_threads_shows_the_same_without_counting_all(app, browse, monkeypatch):
    monkeypatch.setattr(unread_counts, "SAMPLE_SIZE", 3)
    monkeypatch.setattr(unread_counts, "MANY_THREADS", 4)
    reader, other = make_member(), make_member()
    posts = [make_post(reader) for _ in range(5)]
    db.session.commit()
    assert not unread_counts.has_many_unread(reader, cap=2)  # nothing is unread
    for post in posts:
        make_comment(post, other)
    db.session.commit()
    assert unread_counts.has_many_unread(reader, cap=2)
    assert not unread_counts.has_many_unread(reader, cap=3)  # those that are looked at do not tell
    monkeypatch.setattr(bell, "COUNT_CAP", 2)
    assert "2+" in browse(reader).get("/settings").text
    news_actions.mute_kinds(reader, {"post"})
    db.session.commit()
    assert not unread_counts.has_many_unread(reader, cap=2)  # some replies are of a kind that is turned off


def test_a_page_and_its_bell_read_what_the_member_wrote_once(app, browse):
    author = make_member()
    write_anonymously(author, 2)
    for path in ("/following", "/notifications", "/decisions", "/anonymous-writing"):
        bell._period.clear()
        with recorded_queries() as statements:
            assert browse(author).get(path).status_code == 200
        walks = [statement for statement in statements if statement.startswith("SELECT posts.chain_link")]
        assert len(walks) == 2, path  # the first links, then those after the last that is used


def test_the_latest_replies_of_a_thread_are_read_in_the_order_of_an_index(app):
    post = make_post()
    for _ in range(80):
        make_comment(post)
    db.session.commit()
    with recorded_work() as work:
        assert len(latest_replies([post.id])) == MAX_REPLIES
    few = work[0]
    for _ in range(160):
        make_comment(post)
    db.session.commit()
    with recorded_work() as work:
        latest_replies([post.id])
    assert work[0] <= 1.2 * few + 20
