"""Migrations: up to what the models define and down to nothing, with rows in the tables, on both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.command
import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy import inspect
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from forum import anonymity, create_app, mail
from forum.accounts.models import Member, Pseudonym
from forum.accounts.pseudonyms import alias_for, member_behind
from forum.accounts.sanctions import active_sanctions, sanction_pseudonym
from forum.db import db, now
from forum.moderation.decisions.actions import apply_action
from forum.notifications.actions import follow, unfollow
from forum.notifications.following import following_of
from forum.notifications.paces import same_pace
from forum.notifications.representative_actions import assign_to_representatives
from forum.posts.actions import PostSubject, edit_post
from forum.posts.chain_queries import TEXT_CHAIN, anonymous_texts_of
from forum.posts.comment_actions import delete_comment
from forum.posts.models import Post
from forum.posts.scheduled_actions import schedule_post, scheduled_texts_of
from forum.posts.writing import mark_useful
from forum.ratings import actions
from forum.ratings.actions import live_ratings, organisation_of_seal
from forum.ratings.models import Rating, RatingRevision
from forum.ratings.queries import member_ratings
from forum.schema import migrations_from
from forum.search.jobs import index_replies
from forum.vendors.actions import add_domain
from forum.vendors.models import Representative
from tests import cluster
from tests.conftest import settings_for
from tests.factories import make_comment, make_member, make_post, make_rating, make_tag, make_vendor

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent


@pytest.fixture(params=["sqlite", "postgres"])
def bare(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Flask]:
    """The application with a database that has no tables."""
    url: str | None = f"sqlite:///{tmp_path}/bare.sqlite"
    if request.param == "postgres" and (url := cluster.database_url(f"{worker_id}_bare")) is None:
        pytest.skip("no PostgreSQL, or left out of this run")
    app = create_app(settings_for(url or "", tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def config() -> Any:
    joined = current_app.extensions["migrate"]
    return joined.migrate.get_config(joined.directory)


def revisions() -> list[str]:
    """Return the revisions in order, the first one first."""
    return [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]


def tables() -> set[str]:
    """Return the names of our tables, without those that hold SQLite's full-text index."""
    names = set(inspect(db.engine).get_table_names()) - {"alembic_version", "page_versions"}
    return {name for name in names if "_fts" not in name}


def rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {name: connection.execute(sql(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in tables()}


# What tables were called before revision 0006.
LATER_NAMES = {
    "delayed_writings": "scheduled_texts",
    "taken_texts": "withheld_texts",
    "untold_posts": "unmailed_posts",
    "useful_marks": "useful_votes",
}


# The tables of the first rooms, which `fill` writes to.
FIRST_TABLES = set(
    """
    members pseudonyms posts comments tags tag_synonyms post_tags revisions mails useful_votes vendors vendor_aliases
    vendor_domains programmes tiers categories
    """.split()
)


def fill() -> None:
    """Write at least one row to every table of the first rooms."""
    vendor = make_vendor("Nordwall", tiers=("Gold",), aliases=["NW"])
    add_domain(vendor, "nordwall.example")
    post = make_post(subject=PostSubject(vendor), tags=[make_tag("deals", ("bargains",))])
    edit_post(
        post,
        title="What it says by now",
        body=post.body * 2,
        leaning="bad",
        tags=post.tags,
        subject=PostSubject(vendor),
    )
    comment = make_comment(post, anonymous=True)
    make_comment(post, parent=comment)
    mark_useful(make_member(), post)
    assign_to_representatives()
    mail.enqueue("a@partner.example", "confirm", subject="Hello", name="A", link="http://localhost/")
    db.session.commit()
    index_replies()
    db.session.remove()


def test_the_migrations_create_what_the_models_define(bare: Flask) -> None:
    flask_migrate.upgrade()
    alembic.command.check(config())
    assert tables() == set(db.metadata.tables)


def test_revisions_form_one_line_and_each_has_a_reason(bare: Flask) -> None:
    scripts = list(ScriptDirectory.from_config(config()).walk_revisions())
    assert all(not script.is_branch_point for script in scripts)
    assert all((script.doc or "").strip() for script in scripts)
    assert migrations_from("").pending == revisions(), "as Alembic orders them"


def test_with_rows_in_the_tables_each_revision_can_be_undone_and_repeated(bare: Flask) -> None:
    flask_migrate.upgrade()
    fill()
    full = rows()
    assert all(full[name] > 0 for name in FIRST_TABLES)
    for revision in reversed(revisions()[:-1]):
        flask_migrate.downgrade(revision=revision)
        counts = rows()
        counts.pop("follows", None)  # of which later revisions make one text for each member
        assert counts == {name: full.get(LATER_NAMES.get(name, name), 0) for name in counts}, (
            f"going back to {revision} lost rows"
        )
    flask_migrate.upgrade()
    assert {name: count for name, count in rows().items() if name in FIRST_TABLES} == {
        name: full[name] for name in FIRST_TABLES
    }
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    alembic.command.check(config())
    assert sum(rows().values()) == 0


def test_answers_of_ratings_are_sealed_and_come_back(bare: Flask) -> None:
    """Stars stay plain only where a post carries the rating; the answers survive the way there and back."""
    flask_migrate.upgrade()
    vendor = make_vendor(tiers=("Gold",))
    tier = vendor.programmes[0].tiers[0]
    tier_id = tier.id
    stated = {"worth": 5, "again": False, "interest": "none", "beta": 0, "hours": 40, "deals_registered": 3}
    alone = make_rating(vendor=vendor, programme=tier.programme, tier=tier, answers=stated).id
    revise(alone)
    subject = PostSubject(vendor, tier.programme, tier)
    carried = make_post(subject=subject, rating_answers=stated).rating_id
    lost = make_rating(vendor=vendor).id
    db.session.execute(sql("UPDATE ratings SET answers_seal = :seal WHERE id = :id"), {"seal": "A" * 80, "id": lost})
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0006")
    row = "SELECT worth, again, interest, beta, hours, deals_registered, tier_id FROM ratings WHERE id ="
    for rating_id, worth in ((alone, 4), (carried, 5)):
        with db.engine.connect() as connection:
            assert tuple(connection.execute(sql(f"{row} {rating_id}")).one()) == (worth, 0, "none", 0, 40, 3, tier_id)
    assert value(f"SELECT interest FROM ratings WHERE id = {lost}") == "vendor", "what nobody can read counts nowhere"
    flask_migrate.upgrade()
    assert db.session.get_one(Rating, alone).worth == 4 and db.session.get_one(Rating, alone).tier.name == "Gold"
    assert db.session.query(RatingRevision).one().answers["worth"] == 5
    assert db.session.get_one(Rating, carried).hours == 40
    db.session.remove()
    assert value(f"SELECT worth FROM ratings WHERE id = {alone}") is None
    assert value(f"SELECT tier_id FROM ratings WHERE id = {alone}") is None
    assert value(f"SELECT worth FROM ratings WHERE id = {carried}") == 5


def revise(rating_id: int) -> None:
    """Change the verdict of a rating."""
    rating = db.session.get_one(Rating, rating_id)
    actions.revise(rating, tier=rating.tier, answers=rating.answers | {"worth": 4})
    db.session.commit()


OLD_ROWS = """
INSERT INTO members (id, name, slug, session_epoch, role, joined_at, what, company, country, time_zone)
VALUES (7, 'Marta', 'marta', 0, 'member', '2026-01-01 00:00:00', 'engineer', '', '', 'UTC');
INSERT INTO members (id, name, slug, session_epoch, role, joined_at, what, company, country, time_zone)
VALUES (9, 'Left', 'left', 0, 'member', '2026-01-01 00:00:00', '', '', '', 'UTC');
DELETE FROM members WHERE id = 9;
INSERT INTO sanctions (id, mark, kind, said, made_at)
VALUES (1, 'a', 'warn', 'Rule 2. No insults. (Log entry 12)', '2026-01-01 00:00:00');
INSERT INTO cases (id, kind, because, weight, opened_at) VALUES (1, 'flag', 'Rule 2: Blunt', 0, '2026-01-01 00:00:00');
INSERT INTO cases (id, kind, because, weight, opened_at) VALUES (2, 'flag', 'All of it', 0, '2026-01-01 00:00:00');
INSERT INTO cases (id, kind, because, weight, opened_at) VALUES (3, 'held', 'A filter', 0, '2026-01-01 00:00:00');
INSERT INTO cases (id, kind, because, weight, opened_at) VALUES (4, 'appeal', 'Entry 3', 0, '2026-01-01 00:00:00');
INSERT INTO decisions (action, what, facts, reason, source, automated, moderator_name, decided_at)
VALUES ('warn', 'a member', '', 'Because', 'own', false, 'moderator 1', '2026-01-01 00:00:00')
"""


def run(statement: str) -> Any:
    with db.engine.begin() as connection:
        return connection.execute(sql(statement))


def value(statement: str) -> Any:
    with db.engine.connect() as connection:
        return connection.execute(sql(statement)).scalar_one()


def test_renamed_columns_keep_their_values_and_new_ones_are_filled(bare: Flask) -> None:
    flask_migrate.upgrade(revision="0005")
    for statement in OLD_ROWS.split(";"):
        run(statement)
    flask_migrate.upgrade(revision="0006")
    assert value("SELECT job_title FROM members") == "engineer"
    assert value("SELECT decision_id FROM sanctions") == 12
    with db.engine.connect() as connection:
        sources = connection.execute(sql("SELECT source FROM cases ORDER BY id")).scalars().all()
    assert sources == ["flag", "own", "filter", "appeal"]
    with pytest.raises(DBAPIError, match="only grows"):
        run("UPDATE decisions SET target_label = 'somebody else'")
    if db.engine.dialect.name == "sqlite":
        assert value("SELECT seq FROM sqlite_sequence WHERE name = 'members'") == 9, "no number is given twice"
    flask_migrate.downgrade(revision="0005")
    assert value("SELECT said FROM sanctions").startswith("Rule 2")
    assert value("SELECT what FROM members") == "engineer"
    with pytest.raises(DBAPIError, match="only grows"):
        run("UPDATE decisions SET what = 'somebody else'")


@pytest.mark.parametrize("table", ["posts", "comments", "ratings", "scheduled_texts"])
def test_a_renamed_table_still_spends_the_links_of_rows_that_go(migrated_app: Flask, table: str) -> None:
    with migrated_app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            triggers = connection.execute(sql("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'")).scalars()
        else:
            triggers = connection.execute(sql("SELECT event_object_table FROM information_schema.triggers")).scalars()
        assert table in set(triggers)


def anonymous_belongings(member: Member, threads: list[str]) -> dict[str, Any]:
    """Return what only key and secret tie to the member, in words that don't depend on how."""
    return {
        "texts": sorted(row.id for _, row in anonymous_texts_of(member).texts),
        "aliases": [alias_for(thread, member) for thread in threads],
        "ratings": sorted(rating.id for rating in member_ratings(member)),
        "live": sorted(
            row.id for rating in member_ratings(member) for row in live_ratings(member, rating.vendor, None)
        ),
        "alone": {organisation_of_seal(rating.organisation_seal)[1] for rating in member_ratings(member)},
        "sanctions": [sanction.message for sanction in active_sanctions(member).sanctions],
        "following": sorted(following_of(member).by_target()),
        "scheduled": [item.title for item in scheduled_texts_of(member)],
        "behind": sorted(name.name for name in db.session.query(Pseudonym) if member_behind(name) == member),
    }


def write_one_of_everything() -> tuple[Post, list[int]]:
    """Return an anonymous post, and the ids of its author and of another member, who both did more."""
    author, other = make_member(email="marta@gmail.com"), make_member()
    post = make_post(author, anonymous=True)
    make_comment(post, other, anonymous=True)
    deleted = make_comment(make_post(other), author, anonymous=True)
    for anonymous in (True, False):
        make_rating(author, anonymous=anonymous, vendor=make_vendor())
    assert post.pseudonym is not None and sanction_pseudonym(post.pseudonym, "warn", "Rule 2")
    fields: dict[str, Any] = {"title": "Later", "body": "It waits.", "leaning": "bad", "tags": []}
    assert schedule_post(author, hours=30, form_data={}, badged=False, rating_answers=None, **fields)
    delete_comment(deleted)
    follow(other, "tag", make_tag().id)
    unfollow(other, "post", post.id)
    db.session.commit()
    return post, [author.id, other.id]


def test_secrets_take_the_place_of_numbers_and_back_and_every_row_stays_its_authors(bare: Flask) -> None:
    flask_migrate.upgrade()
    post, ids = write_one_of_everything()
    threads = [post.thread_key]
    before = [anonymous_belongings(db.session.get_one(Member, id), threads) for id in ids]
    links = set(db.session.scalars(sql("SELECT chain_link FROM posts WHERE chain_link IS NOT NULL")))
    spent = set(db.session.scalars(sql("SELECT link FROM spent_links")))
    assert before[0]["texts"] and before[0]["scheduled"] == ["Later"] and before[0]["live"] and spent
    db.session.remove()
    flask_migrate.downgrade(revision="0006")
    seals = db.session.scalars(sql("SELECT member_seal FROM pseudonyms")).all()
    assert {int(str(anonymity.unseal("member of a pseudonym", seal))) for seal in seals} == set(ids)
    db.session.remove()
    flask_migrate.upgrade()
    assert [anonymous_belongings(db.session.get_one(Member, id), threads) for id in ids] == before
    assert links.isdisjoint(db.session.scalars(sql("SELECT chain_link FROM posts WHERE chain_link IS NOT NULL")))
    assert spent.isdisjoint(db.session.scalars(sql("SELECT link FROM spent_links")))
    secret = db.session.get_one(Member, ids[0]).secret
    assert TEXT_CHAIN.next_link(secret) == TEXT_CHAIN.links(secret, [2])[0], "a spent link stays spent"


def test_stored_names_are_folded_anew(bare: Flask) -> None:
    flask_migrate.upgrade(revision="shown_tiers")
    run("INSERT INTO categories (id, slug, name, position) VALUES (1, 'a', 'A', 1)")
    for n, (name, folded) in enumerate(
        (("O’Reilly™", "oreillytm"), ("Northwind®", "northwindr"), ("Northwind", "northwind"))
    ):
        run(
            "INSERT INTO vendors (id, slug, name, folded_name, category_id, description, proposed_at, post_count) "
            f"VALUES ({n + 1}, '{folded}', '{name}', '{folded}', 1, '', '2026-01-01 00:00:00', 0)"
        )
    flask_migrate.upgrade(revision="folded_names")
    assert value("SELECT folded_name FROM vendors WHERE id = 1") == "o-reilly"
    assert value("SELECT folded_name FROM vendors WHERE id = 2") == "northwindr", "the name belongs to another vendor"
    flask_migrate.downgrade(revision="shown_tiers")


def test_going_down_and_up_keeps_who_represents_whom(bare: Flask) -> None:
    flask_migrate.upgrade()
    vendor, member = make_vendor("Nordwall"), make_member()
    candidate, former = make_member(), make_member()
    for number, (person, accepted, ended) in enumerate(
        [(member, now(), None), (candidate, None, None), (former, now(), now())]
    ):
        row = Representative(id=number, member_id=person.id, vendor_id=vendor.id, accepted_at=accepted, ended_at=ended)
        db.session.add(row)
    member.represents_id = vendor.id
    db.session.commit()
    before = db.session.execute(sql("SELECT id, represents_id FROM members ORDER BY id")).all()
    db.session.remove()
    flask_migrate.downgrade(revision="0003")
    flask_migrate.upgrade()
    assert db.session.execute(sql("SELECT id, represents_id FROM members ORDER BY id")).all() == before


def test_two_upgrades_at_once_wait_for_each_other(bare: Flask, tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    environ |= {
        "FORUM_DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "FORUM_INSTANCE": str(tmp_path),
    }
    command = [sys.executable, "-m", "forum.cli", "db", "upgrade"]
    processes = [
        subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert tables() == set(db.metadata.tables)


def test_who_chose_how_often_mail_comes_keeps_it_for_every_kind(bare: Flask) -> None:
    flask_migrate.upgrade()
    ids = {pace: make_member(digest=pace).id for pace in ("daily", "weekly", "never")}
    ids["now"] = make_member(mail_paces={"post": "now"}).id
    db.session.remove()
    flask_migrate.downgrade(revision="text_sent")
    digests = {pace: value(f"SELECT digest FROM members WHERE id = {member_id}") for pace, member_id in ids.items()}
    assert digests == {"daily": "daily", "weekly": "weekly", "never": "never", "now": "daily"}
    flask_migrate.upgrade()
    for pace, member_id in ids.items():
        paces = db.session.get_one(Member, member_id).mail_paces
        assert paces == same_pace("daily" if pace == "now" else pace)


def test_what_is_counted_of_all_posts_and_decisions_is_counted_again(bare: Flask) -> None:
    flask_migrate.upgrade()
    apply_action(make_post(leaning="bad"), None, action="remove", rule=3, facts="", reason="Why.", source="flag")
    make_post(leaning="bad")
    db.session.commit()
    db.session.remove()
    queries = ("SELECT written + removed FROM leaning_counts", "SELECT number FROM decision_counts WHERE rule = 3")
    assert [value(query) for query in queries] == [3, 1]
    flask_migrate.downgrade(revision="rating_versions")
    assert not tables() & {"leaning_counts", "decision_counts"}
    flask_migrate.upgrade()
    assert [value(query) for query in queries] == [3, 1]


def test_replies_that_were_still_to_be_indexed_are_found_after_a_downgrade(bare: Flask) -> None:
    flask_migrate.upgrade()
    post = make_post()
    for body in ("An antelope.", "A buffalo."):
        make_comment(post, body=body)
        index_replies()
    deleted, _ = make_comment(post, body="A zebra."), make_comment(post, body="A giraffe.")
    delete_comment(deleted)
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="related_versions")
    words = "SELECT count(*) FROM search_documents WHERE comment_id IS NOT NULL AND body LIKE "
    assert [value(f"{words}'%{word}%'") for word in ("antelop", "buffalo", "zebra", "giraff")] == [1, 1, 0, 1]
    flask_migrate.upgrade()
    assert value("SELECT count(*) FROM unindexed_replies") == 0
