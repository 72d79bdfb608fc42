"""The `forum` command: what it does and refuses, its messages and its exit codes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from forum.accounts.passwords import is_correct
from forum.accounts.queries import count_members, member_by_email
from forum.cli import main
from forum.db import db, package_folder
from forum.moderation.models import Decision
from forum.posts.models import Comment, Post
from forum.posts.tags.queries import active_tags
from forum.text import RENDER_VERSION
from forum.vendors.queries import categories
from tests.commands import Forum, create_tables, inside
from tests.factories import make_comment, make_member, make_post


def tables(environ: dict[str, str]) -> set[str]:
    return inside(environ, lambda: set(inspect(db.engine).get_table_names()))


@pytest.mark.slow
def test_the_schema_is_upgraded_to_the_latest_revision_and_downgraded_to_nothing(
    forum: Forum, environ: dict[str, str]
) -> None:
    assert forum("db", "upgrade").exit_code == 0
    table_names = tables(environ)
    assert {"members", "posts", "comments"} <= table_names
    assert forum("db", "upgrade").exit_code == 0, "a second upgrade changes nothing"
    for _ in ScriptDirectory(str(package_folder("migrations"))).walk_revisions():
        assert forum("db", "downgrade", "--yes").exit_code == 0
    assert tables(environ) == {"alembic_version"}
    assert forum("db", "upgrade").exit_code == 0
    assert tables(environ) == table_names


ADMIN = ("admin", "create", "--name", "Ida Lund", "--email", "Ida@Example.ORG ")


@pytest.mark.slow
def test_a_new_admin_can_sign_in_and_is_created_once(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)
    words = "correct horse lamp post"
    assert "Ida Lund is now an admin." in forum(*ADMIN, answers=f"{words}\n{words}\n").output
    ida = inside(environ, lambda: member_by_email("ida@example.org"))
    assert ida.role == "admin" and ida.confirmed_at is not None and is_correct(ida.password_hash, words)
    again = forum(*ADMIN, answers=f"{words}\n{words}\n")
    assert again.exit_code == 1 and "There is already an account with this e-mail address." in again.output


def test_the_operator_can_turn_off_two_factor_authentication_and_the_log_records_it(
    forum: Forum, environ: dict[str, str]
) -> None:
    create_tables(forum, environ)
    reset = ("admin", "reset-two-factor", "ida@partner.example")
    assert "no account" in forum(*reset).output
    seal = {"email": "ida@partner.example", "name": "Ida Lund", "totp_seal": "sealed", "recovery_codes": ["hash"]}
    inside(environ, lambda: make_member(**seal).id)
    result = forum(*reset)
    assert result.exit_code == 0 and "Ida Lund now signs in with the password alone" in result.output
    ida = inside(environ, lambda: member_by_email("ida@partner.example"))
    assert (ida.totp_seal, ida.recovery_codes, ida.session_epoch) == (None, None, 1)
    rows = inside(environ, lambda: [(row.action, row.moderator_name) for row in db.session.query(Decision)])
    assert rows == [("staff", "the operator")]
    again = forum(*reset)
    assert again.exit_code == 1 and "does not use two-factor" in again.output


@pytest.mark.parametrize("environ", ["sqlite"], indirect=True)
def test_a_command_that_finds_the_database_locked_says_that_it_is_busy(
    forum: Forum, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create_tables(forum, environ)
    monkeypatch.setattr("forum.db.BUSY_TIMEOUT_MS", 50)
    with closing(sqlite3.connect(Path(environ["FORUM_INSTANCE"]) / "forum.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        output = forum(*ADMIN, ADMIN_PASSWORD="correct horse lamp post").output
        exported = forum("export")
    assert "The database is busy" in output and "Try again" in output and "upgrade" not in output
    assert exported.exit_code == 0, "a command that only reads waits for no writer"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 10 characters"),
        ("password123", "most common passwords"),
        ("Ida Lund1", "at least 10"),
        ("ida lund 22", ""),
    ],
)
def test_an_admins_password_follows_the_same_rules(
    forum: Forum, environ: dict[str, str], password: str, words: str
) -> None:
    create_tables(forum, environ)
    result = forum(*ADMIN, ADMIN_PASSWORD=password)
    assert result.exit_code == bool(words) and words in result.output


def test_an_admin_needs_a_complete_address(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)
    result = forum("admin", "create", "--name", "Ida", "--email", "ida", ADMIN_PASSWORD="correct horse lamp post")
    assert result.exit_code == 1 and "ida is not an e-mail address" in result.output
    bomb = "a" + "\u0315\u0300" * 5_000
    result = forum("admin", "create", "--name", bomb, "--email", bomb, ADMIN_PASSWORD="correct horse lamp post")
    assert result.exit_code == 1 and len(result.output) < 500


def test_without_tables_a_command_ends_with_a_message(forum: Forum) -> None:
    for command in (["demo"], ["render"], ["export"], [*ADMIN, "--password", "correct horse lamp post"]):
        result = forum(*command)
        assert result.exit_code == 1 and "forum db upgrade" in result.output, command


def test_check_finds_everything_in_order(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)
    result = forum("check")
    assert result.exit_code == 0
    for line in ("Settings: OK.", "Database: OK.", "Mail: OK.", "Queue: OK"):
        assert line in result.output


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"FORUM_MAIL_URL": "smtp://127.0.0.1:1"}, "Check FORUM_MAIL_URL"),
        ({"FORUM_MAIL_URL": "file:/proc/nowhere"}, "Check FORUM_MAIL_URL"),
        ({"FORUM_REDIS_URL": "redis://127.0.0.1:1"}, "Check FORUM_REDIS_URL"),
        ({"FORUM_DATABASE_URL": "postgresql://forum@127.0.0.1:1/forum"}, "Check FORUM_DATABASE_URL"),
    ],
)
def test_check_names_each_problem_and_ends_with_1(
    forum: Forum, environ: dict[str, str], settings: dict[str, str], words: str
) -> None:
    create_tables(forum, environ)
    result = forum("check", **settings)
    assert result.exit_code == 1 and words in result.output
    assert result.output.count("Check FORUM_") == 1, "nothing else is reported"


def test_check_says_that_migrations_are_pending(forum: Forum, environ: dict[str, str]) -> None:
    assert "Database: migrations are pending. Run: forum db upgrade" in forum("check").output
    create_tables(forum, environ)
    forum("db", "downgrade", "--yes")
    result = forum("check")
    assert result.exit_code == 1 and "migrations are pending" in result.output


def test_check_reports_a_key_that_others_can_read(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)
    key = Path(environ["FORUM_INSTANCE"]) / "anonymity.key"
    key.chmod(0o640)
    result = forum("check")
    assert result.exit_code == 1 and f"chmod 600 {key}" in result.output


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"FORUM_PORT": "eight"}, "FORUM_PORT must be a whole number"),
        ({"FORUM_PORT": "0"}, "FORUM_PORT must be a number from 1 to 65535"),
        ({"FORUM_PORT": "65536"}, "FORUM_PORT must be a number from 1 to 65535"),
        ({"FORUM_WORKERS": "0"}, "FORUM_WORKERS must be at least 1"),
        ({"FORUM_LOG_LEVEL": "loud"}, "FORUM_LOG_LEVEL must be DEBUG"),
        (
            {"FORUM_DATABASE_URL": "mysql://forum"},
            "FORUM_DATABASE_URL must begin with one of sqlite:///, postgresql://",
        ),
        ({"FORUM_REDIS_URL": "localhost:6379"}, "FORUM_REDIS_URL must begin with one of redis://"),
        ({"FORUM_MAIL_URL": "mail.example"}, "FORUM_MAIL_URL must begin with one of smtp://"),
        ({"FORUM_INSTANCE": "/proc/nowhere"}, "FORUM_INSTANCE: can't create the folder /proc/nowhere"),
        ({"FORUM_ENVIRONMENT": "production"}, "FORUM_SECRET_KEY is required in production"),
    ],
)
def test_a_wrong_setting_ends_every_command_with_a_message(forum: Forum, settings: dict[str, str], words: str) -> None:
    for command in (["check"], ["serve"], ["work"], ["db", "upgrade"]):
        result = forum(*command, **settings)
        assert result.exit_code == 1 and f"Error: {words}" in result.output


def test_with_both_keys_set_the_instance_folder_is_created_but_no_key(forum: Forum, environ: dict[str, str]) -> None:
    keys = {"FORUM_SECRET_KEY": "s" * 32, "FORUM_ANONYMITY_KEY": "a" * 32, "FORUM_ENVIRONMENT": "production"}
    assert forum("db", "upgrade", **keys).exit_code == 0
    folder = Path(environ["FORUM_INSTANCE"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.glob("*.key")) == [], "a key from the settings is not written anywhere"


def test_render_updates_old_texts_once(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)

    def grow_old() -> None:
        make_comment(make_post(body="It cost us **four** exams and a price list that came late."))
        for kind in (Post, Comment):
            db.session.execute(db.update(kind).values(render_version=RENDER_VERSION - 1, body_html="old"))
        db.session.commit()

    inside(environ, grow_old)
    assert "2 texts rendered." in forum("render").output
    assert "<strong>four</strong>" in inside(environ, lambda: db.session.scalars(db.select(Post.body_html)).one())
    assert "0 texts rendered." in forum("render").output


def test_the_demo_refuses_a_database_with_members_in_it(forum: Forum, environ: dict[str, str]) -> None:
    create_tables(forum, environ)
    inside(environ, make_member)
    result = forum("demo")
    assert result.exit_code == 1 and "needs an empty database" in result.output
    assert inside(environ, lambda: db.session.query(Post).count()) == 0


def test_every_command_has_help(forum: Forum) -> None:
    for name, command in main.commands.items():
        assert command.get_short_help_str(), name
        assert forum(name, "--help").exit_code == 0


def test_backing_up_and_restoring_say_what_was_written_and_replaced(
    forum: Forum, environ: dict[str, str], tmp_path: Path
) -> None:
    refused = forum("backup", str(tmp_path / "x"))
    assert refused.exit_code == 1 and "FORUM_INSTANCE" in refused.output and not (tmp_path / "x").exists()
    create_tables(forum, environ)
    result = forum("backup", str(tmp_path / "new" / "copy"))
    assert result.exit_code == 0 and "0 members" in result.output and "revision" in result.output
    assert forum("restore", str(tmp_path / "new" / "copy"), answers="n\n").exit_code == 1
    restored = forum("restore", "--yes", str(tmp_path / "new" / "copy"))
    assert restored.exit_code == 0 and "Restored." in restored.output, restored.output
    assert forum("check").exit_code == 0


def test_setup_makes_an_empty_site_usable_and_changes_nothing_the_second_time(
    forum: Forum, environ: dict[str, str]
) -> None:
    assert "forum db upgrade" in forum("setup", "--name", "Ada", "--email", "ada@site.example").output
    create_tables(forum, environ)
    answers = "Ada Chief\nada@site.example\nfour wheels and a horn\nfour wheels and a horn\n"
    first = forum("setup", answers=answers)
    assert first.exit_code == 0 and "Ada Chief is now an admin." in first.output, first.output
    second = forum("setup")
    assert second.exit_code == 0 and "no admin was created" in second.output
    counts = inside(environ, lambda: (len(categories()), len(active_tags()), count_members()))
    assert counts[0] == 8 and counts[1] >= 38 and counts[2] == 1
