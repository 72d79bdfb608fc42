"""The page "What anonymous means here" says what the tables hold, and no less."""

from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect

from forum.db import db
from forum.pages.anonymity_views import STORED_COLUMNS, TABLE_TITLES
from forum.posts.models import Comment, Post
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_rating


@pytest.mark.parametrize("table", STORED_COLUMNS)
def test_every_column_that_anonymous_writing_has_is_on_the_page_in_words(app: Flask, browse: Any, table: str) -> None:
    assert set(STORED_COLUMNS[table]) == set(db.metadata.tables[table].columns.keys()), "the page and the table differ"
    page = unescape(browse().get("/what-anonymous-means").text)
    assert TABLE_TITLES[table] in page and all(words in page for words in STORED_COLUMNS[table].values())
    names_members = any(key.column.table.name == "members" for key in db.metadata.tables[table].foreign_keys)
    is_named = table in ("member_states", "member_saved_lists")
    assert names_members == is_named, "two tables name their member openly, and say nothing of texts"


def test_a_row_of_anonymous_writing_has_what_the_page_says_and_no_hour(app: Flask) -> None:
    author = make_member()
    items = [make_post(author, anonymous=True), make_comment(author=author, anonymous=True)]
    items.append(make_rating(author, anonymous=True))
    for item in items:
        row = {column.key: getattr(item, column.key) for column in inspect(type(item)).column_attrs}
        assert row["author_id"] is None and row["chain_link"]
        for name, value in row.items():
            if name.endswith("_at") and value is not None:
                assert (value.hour, value.minute, value.second) == (0, 0, 0), name
    for kind in (Post, Comment, Rating):
        to_members = {fk.parent.name for fk in kind.__table__.foreign_keys if fk.column.table.name == "members"}
        assert to_members == {"author_id"}


def test_the_page_is_linked_wherever_somebody_is_about_to_write(app: Flask, browse: Any) -> None:
    reader, post = browse(make_member()), make_post()
    for path in ("/", "/about", "/posts/new", f"/posts/{key_text(post.id)}/{post.slug}"):
        assert 'href="/what-anonymous-means"' in reader.get(path).text, path
    assert browse().get("/what-anonymous-means").status_code == 200


def test_no_column_of_the_database_is_made_for_addresses(app: Flask) -> None:
    names = {f"{table.name}.{column.name}" for table in db.metadata.sorted_tables for column in table.columns}
    assert not [name for name in names if name.endswith((".ip", "_ip", ".agent", "user_agent", "remote_addr"))]
