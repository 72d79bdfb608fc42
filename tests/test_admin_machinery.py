"""Settings with their effect, and how jobs, mail, database and backups are told of."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum import backup, jobs, mail, site
from forum.accounts.models import Member
from forum.admin import health
from forum.db import db, now
from forum.job_runs import JobRun
from forum.mail import Mail
from forum.moderation.models import Decision
from forum.site import DEFAULTS, SiteSetting, setting
from tests.factories import make_member, make_post
from tests.query_counts import queries_for


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin", email="ada@site.example")


def facts() -> list[str]:
    """What the log says was changed."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def in_force(**changed: Any) -> dict[str, Any]:
    """The settings' form as it comes, with changes."""
    return {name: default for name, (default, _) in DEFAULTS.items()} | changed


def test_every_setting_has_a_field_with_default_and_effect(app: Flask, browse: Any, admin: Member) -> None:
    page = browse(admin).get("/admin/settings").text
    for name, (default, effect) in DEFAULTS.items():
        assert f'name="{name}"' in page and effect[:20] in page, name
        assert default == "" or f"Default: {default}" in page, name


def test_a_setting_that_is_changed_takes_effect_and_stands_in_the_log(app: Flask, browse: Any, admin: Member) -> None:
    assert setting("flag_threshold") == 3.0
    given = in_force(flag_threshold="4.5", first_posts_held="0", held_words="casino\r\nlottery  \r\n")
    assert browse(admin).post("/admin/settings", data=given).status_code == 302
    assert (setting("flag_threshold"), setting("first_posts_held")) == (4.5, 0)
    assert setting("held_words") == "casino\nlottery"
    assert facts() == [
        "Weight of reports that hides: 3.0 → 4.5; First posts that are held: 1 → 0; Words that hold a text: set"
    ]
    log = browse().get("/log").text
    assert "3.0 → 4.5" in log and "casino" not in log
    browse(admin).post("/admin/settings", data=given)
    assert len(facts()) == 1, "nothing changed, nothing logged"
    browse(admin).post("/admin/settings", data=in_force())
    assert not db.session.query(SiteSetting).count(), "a default leaves no row"


def test_who_was_overtaken_undoes_nothing_unknowingly(app: Flask, browse: Any, admin: Member) -> None:
    readers = [browse(admin), browse(make_member(role="admin"))]
    seen = [re.search(r'name="seen" value="(\w+)"', reader.get("/admin/settings").text)[1] for reader in readers]
    first = in_force(flag_threshold="5", seen=seen[0])
    assert readers[0].post("/admin/settings", data=first).status_code == 302
    second = in_force(first_posts_held="0", seen=seen[1])
    answer = readers[1].post("/admin/settings", data=second)
    assert answer.status_code == 409 and "in force: 5" in answer.text and 'value="0"' in answer.text
    assert (setting("flag_threshold"), setting("first_posts_held")) == (5.0, 1)
    again = re.search(r'name="seen" value="(\w+)"', answer.text)[1]
    assert readers[1].post("/admin/settings", data=second | {"seen": again}).status_code == 302
    assert (setting("flag_threshold"), setting("first_posts_held")) == (3.0, 0) and len(facts()) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"flag_threshold": "0"},
        {"flag_threshold": "many"},
        {"flag_threshold": "nan"},
        {"first_posts_held": "-1"},
        {"seconds_between_posts": "99999999999999999999"},
        {"posts_on_first_day": ""},
        {"announcement": "x" * 301},
    ],
)
def test_a_value_that_makes_no_sense_is_refused_and_nothing_is_lost(
    app: Flask, browse: Any, admin: Member, wrong: dict[str, str]
) -> None:
    answer = browse(admin).post("/admin/settings", data=in_force(held_words="my list", **wrong))
    assert answer.status_code == 422 and "my list" in answer.text
    assert not db.session.query(SiteSetting).count() and not facts()


def test_the_announcement_stands_on_every_page_and_costs_none_a_query(app: Flask, browse: Any, admin: Member) -> None:
    stranger = browse()
    before = queries_for(stranger, "/about"), queries_for(stranger, "/")
    browse(admin).post("/admin/settings", data=in_force(announcement="We move on <b>Sunday</b>."))
    for path in ("/", "/about", "/nowhere"):
        assert "We move on &lt;b&gt;Sunday" in stranger.get(path).text, path
    assert (queries_for(stranger, "/about"), queries_for(stranger, "/")) == before


def test_another_process_notices_a_change_when_its_memory_is_old(app: Flask, monkeypatch: Any) -> None:
    assert setting("notice_days") == 14
    db.session.add(SiteSetting(name="notice_days", value=3))
    db.session.commit()
    assert setting("notice_days") == 14, "remembered"
    monkeypatch.setattr(site.time, "monotonic", lambda clock=site.time.monotonic: clock() + site.CACHE_SECONDS)
    assert setting("notice_days") == 3


def test_who_reads_while_a_setting_is_being_changed_does_not_keep_the_old_value(app: Flask) -> None:
    site.change_setting("notice_days", 3)

    def read() -> Any:
        with app.app_context(), app.test_request_context():
            return setting("notice_days")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() == 14, "not committed yet"
    db.session.commit()
    assert setting("notice_days") == 3


def test_a_change_that_is_rolled_back_is_not_remembered(app: Flask) -> None:
    site.change_setting("notice_days", 3)
    assert setting("notice_days") == 3
    db.session.rollback()
    assert setting("notice_days") == 14


def test_words_above_the_rules_are_markdown_and_made_clean_once(app: Flask, browse: Any, admin: Member) -> None:
    note = "Be **kind**. <script>alert(1)</script>"
    browse(admin).post("/admin/settings", data=in_force(rules_note=note))
    page = browse().get("/rules").text
    assert "<strong>kind</strong>" in page and "<script>alert" not in page
    browse(admin).post("/admin/settings", data=in_force())
    assert "kind" not in browse().get("/rules").text


def test_a_test_mail_goes_to_the_admin_and_the_password_of_the_server_is_not_shown(
    app: Flask, browse: Any, admin: Member
) -> None:
    kept = app.config["MAIL_URL"]
    app.config["MAIL_URL"] = "smtp://forum:s3cret@mail.example:587"
    page = browse(admin).get("/admin/settings").text
    app.config["MAIL_URL"] = kept
    assert "mail.example, port 587" in page and "s3cret" not in page
    browse(admin).post("/admin/settings/test-mail")
    assert db.session.query(Mail).one().to_address == "ada@site.example"


def test_health_tells_versions_migrations_and_sizes(app: Flask, browse: Any, admin: Member) -> None:
    page = browse(admin).get("/admin/health").text
    kind = "PostgreSQL" if db.engine.dialect.name == "postgresql" else "SQLite"
    assert kind in page and "Migrations to come</dt><dd>none<" in page and "Delayed texts" in page
    told = health.versions()
    assert told["Size of the database"].split(" ")[1] in ("KB", "MB") and "GB" in told["Free on the disk"]
    assert health.problems() == [] and "in order" in browse(admin).get("/admin/").text
    assert "Health" not in browse(make_member(role="moderator")).get("/admin/").text
    assert [health.format_bytes(n) for n in (0, 999, 1500, 41_000, 2_300_000_000, 9e15)] == [
        "0 bytes",
        "999 bytes",
        "1.5 KB",
        "41 KB",
        "2.3 GB",
        "9,000,000 GB",
    ]


def test_health_tells_what_migrations_are_to_come(app: Flask, browse: Any, admin: Member) -> None:
    latest, none = health.migrations()
    assert none == []
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    try:
        page = browse(admin).get("/admin/health").text
        here, missing = health.migrations()
        assert here == "0001" and missing[0] == "0002" and missing[-1] == latest
        assert f"{latest} " in page
        assert health.problems()[0].startswith(f"{len(missing)} migrations to come")
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{latest}'")


def test_mail_that_was_given_up_is_counted_and_tried_again_and_nobody_learns_whose(
    app: Flask, browse: Any, admin: Member
) -> None:
    waits = mail.enqueue("secret@reader.example", "test", subject="A very private subject", name="Marta")
    given_up = mail.enqueue("other@reader.example", "test", subject="Another one", name="Marta")
    given_up.failed_at, given_up.tries, given_up.failure = now(), 8, "<other@reader.example> refused"
    waits.created_at = now() - timedelta(hours=3)
    db.session.commit()
    page = browse(admin).get("/admin/health").text
    assert "Given up after eight tries</dt><dd>1" in page and "Waiting</dt><dd>1" in page
    assert "reader.example" not in page and "subject" not in page and "Another" not in page
    assert health.problems() == ["1 mail given up", "mail waits for an hour and more: is “forum work” running?"]
    assert browse(admin).post("/admin/health/mail").status_code == 302
    db.session.refresh(given_up)
    assert (given_up.failed_at, given_up.tries) == (None, 0) and given_up.due_at <= now()
    browse(admin).post("/admin/health/mail")
    assert facts() == ["1 mail that had been given up tried again"]


def test_health_says_in_words_what_each_job_is_for(app: Flask) -> None:
    assert set(jobs.periodic_jobs()) <= set(health.JOB_LABELS)
    assert "see_to_notices" in jobs.periodic_jobs()


def test_runs_by_the_clock_are_noted_and_what_they_failed_with_by_its_kind_alone(
    app: Flask, browse: Any, admin: Member
) -> None:
    def fails() -> None:
        raise ValueError("marta@reader.example could not be found")

    def works() -> None:
        db.session.add(SiteSetting(name="notice_days", value=7))
        db.session.commit()

    with pytest.raises(ValueError):
        jobs._in_context(app, fails, told=True)()
    jobs._in_context(app, works, told=True)()
    db.session.rollback()
    noted = {run.name: run for run in db.session.query(JobRun)}
    assert (noted["fails"].failures, noted["fails"].failure, noted["fails"].succeeded_at) == (
        1,
        "ValueError",
        None,
    )
    assert noted["works"].failures == 0 and noted["works"].succeeded_at is not None
    page = browse(admin).get("/admin/health").text
    assert "1 time: ValueError" in page and "reader.example" not in page
    assert health.problems() == ["a job fails: Fails"]
    with pytest.raises(ValueError):
        jobs._in_context(app, fails, told=True)()
    db.session.rollback()
    assert db.session.query(JobRun).filter_by(name="fails").one().failures == 2


def test_a_run_that_somebodys_doing_caused_is_not_noted(app: Flask) -> None:
    """When mail went out at once would tell when somebody wrote."""
    app.extensions["jobs"]["deliver_mail"].call_local()
    assert not db.session.query(JobRun).count()

    by_clock = {task.__class__.__name__ for task in app.extensions["job_queue"]._registry.periodic_tasks}
    assert "deliver_mail_scheduled" in by_clock


def test_a_backup_is_made_by_the_jobs_and_listed(app: Flask, browse: Any, admin: Member) -> None:
    make_post(admin, title="What the copy has to hold")
    reader = browse(admin)
    assert "None there yet" in reader.get("/admin/health").text
    reader.post("/admin/health/backup")
    assert facts() == ["a backup was asked for"]
    db.session.commit()
    backup.back_up_now()
    (copy,) = backup.list_backups()
    try:
        assert copy.stat().st_mode & 0o077 == 0 and copy.parent.stat().st_mode & 0o077 == 0
        assert copy.name in reader.get("/admin/health").text
        if copy.suffix == ".sqlite":
            with sqlite3.connect(copy) as opened:
                assert opened.execute("SELECT title FROM posts").fetchall() == [("What the copy has to hold",)]
    finally:
        copy.unlink()
