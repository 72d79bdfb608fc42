"""The alias that a post's page offers its reader is looked up, however many the thread has, with all that is theirs."""

from collections.abc import Callable, Collection
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text

from forum.accounts.models import Member, Pseudonym
from forum.accounts.pseudonyms import alias_for, first_candidates
from forum.anonymity import thread_hmacs
from forum.db import db
from forum.notifications.own_text_queries import state_and_own_replies
from forum.posts.models import Post
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.query_counts import queries_for


@pytest.fixture
def post(app: Flask) -> Post:
    return make_post()


def path_to(post: Post) -> str:
    return f"/posts/{key_text(post.id)}/{post.slug}"


def take(post: Post, names: Collection[str], other_threads: int = 0) -> None:
    """Let others have these aliases in the post's thread, and one in each of other threads."""
    keys = [post.thread_key] * len(set(names)) + [f"{n:032x}" for n in range(other_threads)]
    aliases = [*set(names), *["Bold Otter"] * other_threads]
    rows = [
        {"thread_key": key, "thread_hmac": f"{n:064x}", "name": name}
        for n, (key, name) in enumerate(zip(keys, aliases, strict=True))
    ]
    db.session.execute(insert(Pseudonym), rows)
    db.session.commit()


def test_a_page_costs_the_same_however_many_aliases_there_are(post: Post, browse: Callable[..., Any]) -> None:
    new, writer = make_member(), make_member()
    make_comment(post, writer, anonymous=True)
    db.session.commit()
    path, members, stranger = path_to(post), {new: browse(new), writer: browse(writer)}, browse()
    aliases: dict[Member, str] = {member: alias_for(post.thread_key, member) or "" for member in members}
    before = queries_for(stranger, path)
    assert [queries_for(reader, path) for reader in members.values()] == [2, 2]
    assert [aliases[member] in reader.get(path).text for member, reader in members.items()] == [True, True]
    take(post, [aliases[new], *(f"Alias {n}" for n in range(600))])
    assert [queries_for(reader, path) for reader in members.values()] == [2, 2]
    assert [aliases[member] in reader.get(path).text for member, reader in members.items()] == [False, True]
    assert queries_for(stranger, path) == before <= 3


@pytest.mark.parametrize("migrated_app", ["postgres"], indirect=True)
def test_no_query_reads_the_aliases_of_others(post: Post) -> None:
    writer = make_member()
    make_comment(post, writer, anonymous=True)
    # From many small threads PostgreSQL concludes that a thread has one alias or two.
    take(post, [f"Alias {n}" for n in range(600)], other_threads=4000)
    db.session.execute(text("ANALYZE pseudonyms"))
    db.session.commit()
    rows_read = text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'pseudonyms'")
    before = db.session.scalar(rows_read)
    alias_for(post.thread_key, writer)
    state_and_own_replies(writer, post.id, post.thread_key)
    assert db.session.scalar(rows_read) - before < 50


def test_more_aliases_are_tried_if_the_first_are_taken(post: Post, browse: Callable[..., Any]) -> None:
    member = make_member()
    names = first_candidates(thread_hmacs(post.thread_key, member.secret))
    take(post, names)
    page, alias = browse(member).get(path_to(post)).text, alias_for(post.thread_key, member)
    assert alias and alias in page and not [name for name in names if name in page]
