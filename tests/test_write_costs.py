"""What writing costs: neither statements nor rows read grow with the thread, or with what the author wrote before."""

import pytest
from flask import g
from hypothesis import example, given
from hypothesis import strategies as st
from pytest import MonkeyPatch
from sqlalchemy import func, insert, inspect, select, update

from forum.accounts.models import Member, Pseudonym
from forum.accounts.pseudonyms import alias_for, get_or_create_pseudonym
from forum.accounts.queries import aliases_among
from forum.chains import Chain
from forum.db import begin_writing, db, new_random_id, now
from forum.posts.anonymous import identifying_details
from forum.posts.chain_queries import TEXT_CHAIN, next_chain_link
from forum.posts.comment_actions import delete_comment, write_comment
from forum.posts.comment_queries import page_of
from forum.posts.models import Comment, PendingRecount, Post
from forum.posts.recounts import _recount, request_recount, settle_recounts
from forum.posts.visibility import hide, unhide
from forum.posts.writing import mark_useful
from forum.text import RENDER_VERSION
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.query_counts import recorded_queries
from tests.test_constant_lists import plans_of


def fill_thread(post, replies):
    """Add many replies to a thread, with their count."""
    author = make_member()
    numbers = [new_random_id() for _ in range(replies)]
    rows = [
        {
            **{"id": number, "post_id": post.id, "depth": 0, "path": f"{n:08x}{number}", "author_id": author.id},
            **{"body": "Yes.", "body_html": "<p>Yes.</p>", "render_version": RENDER_VERSION, "created_at": now()},
        }
        for n, number in enumerate(numbers)
    ]
    db.session.execute(insert(Comment), rows)
    db.session.execute(update(Post).where(Post.id == post.id).values(comment_count=Post.comment_count + replies))
    db.session.commit()


def listed_count(post):
    return db.session.scalar(
        select(func.count()).where(
            Comment.post_id == post.id, Comment.hidden_at.is_(None), Comment.deleted_at.is_(None)
        )
    )


def test_counts_stay_right_when_only_changes_are_added(app):
    post = make_post()
    first = make_comment(post)
    second = make_comment(post, parent=first)
    mark_useful(make_member(), first)
    for change in (lambda: hide(first, "off-topic"), lambda: unhide(first), lambda: delete_comment(second)):
        change()
        db.session.commit()
        settle_recounts(db.session.commit)
        db.session.refresh(post)
        assert post.comment_count == listed_count(post)
    assert (first.answer_count, first.useful_count) == (0, 1)


def test_a_full_count_and_a_later_change_give_the_right_count(app):
    """The whole count sees a reply whose note is still there: it must not be added twice."""
    post = make_post()
    request_recount(Post, post.id)
    write_comment(post, make_member(), body="Written meanwhile.", anonymous=True)
    db.session.commit()
    notes = db.session.scalars(select(PendingRecount).where(PendingRecount.delta.is_not(None))).all()
    later = [{"id": note.id, "post_id": note.post_id, "delta": note.delta} for note in notes]
    assert [row["delta"] for row in later] == [1]
    settle_recounts(db.session.commit)
    assert db.session.scalar(select(Post.comment_count)) == 1


def test_an_erased_reply_stays_while_an_answer_is_not_yet_counted(app):
    post = make_post()
    parent = make_comment(post)
    answer = make_comment(post, parent=parent)
    assert delete_comment(parent)
    write_comment(post, make_member(), body="A new answer.", parent=parent)
    db.session.execute(update(PendingRecount).values(delta=0).where(PendingRecount.comment_id.is_not(None)))
    delete_comment(answer)
    db.session.commit()
    settle_recounts(db.session.commit)
    assert db.session.get(Comment, parent.id) is not None
    assert db.session.scalar(select(func.count()).select_from(Comment)) == 2


@pytest.mark.parametrize("is_post_anonymous", [False, True])
@pytest.mark.parametrize("is_reply_anonymous", [False, True])
def test_a_reply_is_counted_in_its_own_transaction_only_where_nobody_is_anonymous(
    app, is_post_anonymous, is_reply_anonymous
):
    post = make_post(anonymous=is_post_anonymous)
    before, notes = post.last_activity_at, select(func.count()).select_from(PendingRecount)
    reply = write_comment(post, make_member(), body="So did ours.", anonymous=is_reply_anonymous)
    db.session.commit()
    assert db.session.scalar(notes) == (is_post_anonymous or is_reply_anonymous)
    settle_recounts(db.session.commit)
    assert (post.comment_count, db.session.scalar(notes)) == (1, 0)
    assert post.last_activity_at == max(before, reply.created_at)


def test_a_full_count_waits_for_a_reply_that_is_counted_in_its_own_transaction(app):
    if db.engine.dialect.name == "sqlite":
        return  # has one writer at a time
    post = make_post()
    lock = select(func.pg_try_advisory_xact_lock(func.hashtextextended(f"thread {post.id}", 0)))
    for write in (lambda: write_comment(post, make_member(), body="So did ours."), lambda: _recount(Post, post.id)):
        write()
        with db.engine.connect() as other:
            assert not other.scalar(lock)
        db.session.commit()
        with db.engine.connect() as other:
            assert other.scalar(lock)


@pytest.mark.parametrize("replies", [1, 3000])
def test_counting_a_reply_counts_no_thread(app, replies):
    post = make_post()
    fill_thread(post, replies)
    write_comment(post, make_member(), body="One more.")
    db.session.commit()
    with recorded_queries() as statements:
        settle_recounts(db.session.commit)
    assert not any("count(" in statement for statement in statements)
    assert db.session.get(Post, post.id).comment_count == replies + 1


def test_the_place_of_a_reply_is_counted_in_the_index_alone(app):
    if db.engine.dialect.name != "sqlite":
        return
    comment = make_comment()
    plan = plans_of(lambda: page_of(comment))[-1]
    assert "COVERING INDEX ix_comments_thread" in plan


def own_texts(member, count, start=0):
    """Give a member many anonymous replies, each with a link of their chain."""
    post = make_post()
    links = TEXT_CHAIN.links(member.secret, range(start, start + count))
    fields = {"post_id": post.id, "depth": 0, "body": "Yes.", "body_html": "", "render_version": RENDER_VERSION}
    rows = [
        fields | {"id": new_random_id(), "path": f"{n:08x}", "chain_link": link, "created_at": now()}
        for n, link in enumerate(links)
    ]
    if rows:
        db.session.execute(insert(Comment), rows)
    db.session.commit()
    return links


@pytest.mark.parametrize(("count", "most"), [(0, 1), (31, 1), (32, 3), (33, 3), (700, 3), (9000, 4)])
def test_the_next_link_of_a_long_chain_takes_few_queries(app, count, most):
    member = make_member()
    links = own_texts(member, count)
    assert member.secret
    with recorded_queries() as statements:
        link = next_chain_link(member)
    assert link == TEXT_CHAIN.links(member.secret, [count])[0] and link not in links
    assert len(statements) <= most


@given(used=st.sets(st.integers(0, 400)), batch_size=st.sampled_from([1, 2, 7, 64]))
def test_a_link_is_never_used_twice_whatever_gaps_there_are(used, batch_size):
    class Numbers(Chain):
        def links(self, secret, numbers):
            return [str(n) for n in numbers]

    def used_links(links):
        return [link for link in links if int(link) in used]

    chain = Numbers("numbers", lambda links: [], lambda links: [], used_links, batch_size)
    link = int(chain.next_link("secret"))
    assert link not in used and (link == 0 or link - 1 in used)


@given(
    used=st.sets(st.integers(0, 300), max_size=40),
    spent=st.sets(st.integers(0, 300), max_size=40),
    keys=st.sampled_from([1, 2]),
    max_gap=st.sampled_from([1, 7, 64]),
    margin=st.sampled_from([0, 16]),
)
def test_a_walk_finds_what_is_before_the_first_long_gap(used, spent, keys, max_gap, margin):
    class Numbers(Chain):
        def links(self, secret, numbers):
            return [f"{key} {n}" for key in range(keys) for n in numbers]

    def among(numbers):
        return lambda links: [link for link in links if link in {f"{n % keys} {n}" for n in numbers}]

    chain = Numbers("numbers", among(used), among(spent), among(used | spent), 64, max_gap, margin)
    end = next(n for n in range(400) if not {*range(n, max(n, margin) + max_gap)} & (used | spent))
    numbers = {int(row.split()[1]) for row in chain.rows("secret")}
    assert numbers == {n for n in used if n < end}


def test_an_alias_is_found_without_reading_those_of_the_thread(app):
    post, member = make_post(), make_member()
    alias = alias_for(post.thread_key, member)
    rows = [
        {"thread_key": post.thread_key, "thread_hmac": f"{n:064x}", "name": alias if n == 0 else f"Alias {n}"}
        for n in range(500)
    ]
    db.session.execute(insert(Pseudonym), rows)
    assert len(aliases_among(post.thread_key, [alias, "Nobody"])) == 1
    second = alias_for(post.thread_key, member)
    assert second != alias
    assert get_or_create_pseudonym(post.thread_key, member).name == second == alias_for(post.thread_key, member)


@given(
    name=st.text(max_size=6),
    before=st.text(max_size=4),
    after=st.text(max_size=4),
    sep=st.sampled_from(["", "\u200b", "®"]),
)
@example(name="kiss", before="", after="", sep="\u200b")
@example(name="Istanbul", before="İSTANBUL ", after="", sep="")
@example(name="ıf", before="if İF ", after="", sep="")
def test_names_are_found_by_their_letters_first(name, before, after, sep):
    passage = f"{before} {sep.join(name.upper())} {after} {sep.join(name)}"
    with MonkeyPatch.context() as patch:
        spans = [match.span() for match in identifying_details._matches(name, passage)]
        patch.setattr(identifying_details, "_letters_of", lambda words: "")
        assert [match.span() for match in identifying_details._matches(name, passage)] == spans


@pytest.mark.parametrize("path", ["/following/seen", "/notifications/read"])
def test_marking_all_as_read_takes_the_same_queries_however_much_there_is(app, browse, path):
    member = make_member()
    browser = browse(member)
    counts = []
    for number in (2, 12):
        for _ in range(number):
            post = make_post()
            make_comment(post, member)
            make_comment(post, member, anonymous=True)
            make_comment(post)
        with recorded_queries() as statements:
            assert browser.post(path).status_code == 302
        counts.append(len(statements))
    assert counts[0] == counts[1]


def statements_of_reply(browser, post, identity):
    """Return the statements of one accepted reply. Its number and text are new each time."""
    number = new_random_id()
    body = f"We saw the same in our region, for the {number}th time, and asked for written terms since."
    form = {"body": body, "identity": identity, "intent": "publish", "submission": str(number), "to": ""}
    with recorded_queries() as statements:
        assert browser.post(f"/posts/{key_text(post.id)}/reply", data=form).status_code == 302
    return statements


@pytest.mark.parametrize(("identity", "most"), [("name", 13), ("anonymous", 19)])
def test_a_reply_takes_few_statements_however_long_the_thread_and_the_chain_are(app, browse, identity, most):
    member = make_member(vouched_at=now())
    post, browser = make_post(make_member()), browse(member)
    statements_of_reply(browser, make_post(), identity)
    first = len(statements_of_reply(browser, post, identity))
    if db.engine.dialect.name == "sqlite":
        assert first <= most
    fill_thread(post, 3000)
    if identity == "anonymous":
        own_texts(member, 500, start=2)
    assert len(statements_of_reply(browser, post, identity)) <= first + 2


@pytest.mark.parametrize("is_changed", [True, False])
def test_what_another_writer_changed_before_the_lock_is_read_again_and_the_rest_is_kept(app, is_changed):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such lock")
    post, member = make_post(), make_member()
    post_id, member_id = post.id, member.id
    db.session.rollback()
    with app.test_request_context("/posts/x/reply", method="POST"):
        g.transaction_mode = "deferred"
        post, member = db.session.get(Post, post_id), db.session.get(Member, member_id)
        with db.engine.connect() as other:
            g.transaction_mode = "immediate"
            if is_changed:
                other.execute(update(Post).where(Post.id == post_id).values(title="Changed meanwhile"))
            other.commit()
        begin_writing(post, member)
        assert bool(inspect(post).expired_attributes) == is_changed and not inspect(member).expired_attributes
        assert (post.title == "Changed meanwhile") == is_changed
        post.title = "Written under the lock"
        db.session.commit()
    assert db.session.get(Post, post_id).title == "Written under the lock"
