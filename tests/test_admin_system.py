"""Settings and their effect, and the system health page."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum import jobs, mail, site
from forum.accounts.models import Member
from forum.admin import health
from forum.backup.files import list_backups
from forum.backup.jobs import back_up_now
from forum.db import db, now
from forum.job_runs import JobRun
from forum.mail import Mail
from forum.moderation.models import Decision
from forum.site import DEFAULTS, SiteSetting, setting
from tests.factories import make_member, make_post
from tests.html import compact
from tests.query_counts import queries_for


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin", email="ada@site.example")


def facts() -> list[str]:
    """Return the facts of every staff change in the log."""
    return [row.facts for row in db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)]


def settings_form(**changes: Any) -> dict[str, Any]:
    """Return the fields of the settings form, with some changed."""
    return {name: default for name, (default, _) in DEFAULTS.items()} | changes


def version_in(page: str) -> str:
    return re.search(r'name="version" value="([^"]+)"', page)[1]


def test_every_setting_has_a_field_with_default_and_effect(app: Flask, browse: Any, admin: Member) -> None:
    page = browse(admin).get("/admin/settings").text
    for name, (default, effect) in DEFAULTS.items():
        assert f'name="{name}"' in page and effect[:20] in page, name
        assert default == "" or f"Default: {default}" in page, name


def test_a_changed_setting_takes_effect_and_is_logged(app: Flask, browse: Any, admin: Member) -> None:
    assert setting("flag_threshold") == 3.0
    fields = settings_form(flag_threshold="4.5", first_posts_held="0", held_words="casino\r\nlottery  \r\n")
    assert browse(admin).post("/admin/settings", data=fields).status_code == 302
    assert (setting("flag_threshold"), setting("first_posts_held")) == (4.5, 0)
    assert setting("held_words") == "casino\nlottery"
    assert facts() == [
        "Weight of reports that hides: 3.0 → 4.5; First posts held for review: 1 → 0; Words that hold a post or reply: set"
    ]
    log = browse().get("/log").text
    assert "3.0 → 4.5" in log and "casino" not in log
    browse(admin).post("/admin/settings", data=fields)
    assert len(facts()) == 1, "nothing changed, nothing logged"
    browse(admin).post("/admin/settings", data=settings_form())
    assert not db.session.query(SiteSetting).count(), "a default leaves no row"


def test_a_stale_form_does_not_overwrite_a_colleagues_change(app: Flask, browse: Any, admin: Member) -> None:
    readers = [browse(admin), browse(make_member(role="admin"))]
    version = version_in(readers[1].get("/admin/settings").text)
    assert readers[0].post("/admin/settings", data=settings_form(flag_threshold="5")).status_code == 302
    other = settings_form(first_posts_held="0", version=version)
    assert readers[1].post("/admin/settings", data=other).status_code == 302
    assert (setting("flag_threshold"), setting("first_posts_held")) == (5.0, 0)
    same = settings_form(flag_threshold="4", first_posts_held="0", version=version)
    answer = readers[1].post("/admin/settings", data=same)
    assert answer.status_code == 409 and "current: 5" in answer.text and 'value="4"' in answer.text
    assert setting("flag_threshold") == 5.0
    again = same | {"version": version_in(answer.text)}
    assert readers[1].post("/admin/settings", data=again).status_code == 302
    assert setting("flag_threshold") == 4.0 and len(facts()) == 3


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
def test_an_invalid_value_is_refused_and_nothing_typed_is_lost(
    app: Flask, browse: Any, admin: Member, wrong: dict[str, str]
) -> None:
    answer = browse(admin).post("/admin/settings", data=settings_form(held_words="my list", **wrong))
    assert answer.status_code == 422 and "my list" in answer.text
    assert not db.session.query(SiteSetting).count() and not facts()


def test_the_announcement_is_on_every_page_without_a_query(app: Flask, browse: Any, admin: Member) -> None:
    stranger = browse()
    before = queries_for(stranger, "/about"), queries_for(stranger, "/")
    browse(admin).post("/admin/settings", data=settings_form(announcement="We move on <b>Sunday</b>."))
    for path in ("/", "/about", "/nowhere"):
        assert "We move on &lt;b&gt;Sunday" in stranger.get(path).text, path
    assert (queries_for(stranger, "/about"), queries_for(stranger, "/")) == before


def test_a_change_by_another_process_is_seen_by_the_next_request(app: Flask, browse: Any) -> None:
    stranger = browse()
    assert "We move on Sunday." not in stranger.get("/about").text
    with db.engine.begin() as connection:  # as another process would, which clears no cache of this one
        connection.execute(
            SiteSetting.__table__.insert().values(name="announcement", value="We move on Sunday.", changed_at=now())
        )
    assert "We move on Sunday." in stranger.get("/about").text
    with db.engine.begin() as connection:
        connection.execute(SiteSetting.__table__.delete())
    assert "We move on Sunday." not in stranger.get("/about").text


def test_a_read_during_a_change_does_not_cache_the_old_value(app: Flask) -> None:
    site.change_setting("notice_days", 3)

    def read() -> Any:
        with app.app_context(), app.test_request_context():
            return setting("notice_days")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() == 14, "not committed yet"
    db.session.commit()
    assert setting("notice_days") == 3


def test_a_change_that_is_rolled_back_is_not_cached(app: Flask) -> None:
    site.change_setting("notice_days", 3)
    assert setting("notice_days") == 3
    db.session.rollback()
    assert setting("notice_days") == 14


def test_the_text_above_the_rules_is_markdown_and_sanitized_once(app: Flask, browse: Any, admin: Member) -> None:
    note = "Be **kind**. <script>alert(1)</script>"
    browse(admin).post("/admin/settings", data=settings_form(rules_note=note))
    page = browse().get("/rules").text
    assert "<strong>kind</strong>" in page and "<script>alert" not in page
    browse(admin).post("/admin/settings", data=settings_form())
    assert "kind" not in browse().get("/rules").text


def test_a_test_mail_goes_to_the_admin_and_the_password_of_the_server_is_not_shown(
    app: Flask, browse: Any, admin: Member
) -> None:
    mail_url = app.config["MAIL_URL"]
    app.config["MAIL_URL"] = "smtp://forum:s3cret@mail.example:587"
    page = browse(admin).get("/admin/settings").text
    app.config["MAIL_URL"] = mail_url
    assert "mail.example, port 587" in page and "s3cret" not in page
    browse(admin).post("/admin/settings/test-mail")
    assert db.session.query(Mail).one().to_address == "ada@site.example"


def test_health_shows_versions_migrations_and_sizes(app: Flask, browse: Any, admin: Member) -> None:
    page = browse(admin).get("/admin/health").text
    kind = "PostgreSQL" if db.engine.dialect.name == "postgresql" else "SQLite"
    assert kind in page and "Pending migrations</dt><dd>none<" in compact(page) and "Scheduled posts" in page
    facts = health.system_facts()
    assert facts["Database size"].split(" ")[1] in ("KB", "MB") and "GB" in facts["Free disk space"]
    assert health.problems() == [] and "OK" in browse(admin).get("/admin/").text
    assert "System health" not in browse(make_member(role="moderator")).get("/admin/").text
    assert [health.format_bytes(n) for n in (0, 999, 1500, 41_000, 2_300_000_000, 9e15)] == [
        "0 bytes",
        "999 bytes",
        "1.5 KB",
        "41 KB",
        "2.3 GB",
        "9,000,000 GB",
    ]


def test_health_shows_pending_migrations(app: Flask, browse: Any, admin: Member) -> None:
    latest, pending, _ = health.migrations()
    assert pending == []
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    try:
        page = browse(admin).get("/admin/health").text
        current, missing, _ = health.migrations()
        assert current == "0001" and missing[0] == "0002" and missing[-1] == latest
        assert f"{latest} " in page
        assert health.problems()[0].startswith(f"{len(missing)} pending migrations")
    finally:
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{latest}'")


def test_failed_mail_is_counted_and_retried_without_showing_whose(app: Flask, browse: Any, admin: Member) -> None:
    waiting = mail.enqueue("secret@reader.example", "test", subject="A very private subject", name="Marta")
    failed = mail.enqueue("other@reader.example", "test", subject="Another one", name="Marta")
    failed.failed_at, failed.tries = now(), 8
    waiting.created_at = now() - timedelta(hours=3)
    db.session.commit()
    page = browse(admin).get("/admin/health").text
    assert "Failed after eight tries</dt><dd>1" in compact(page) and "Waiting</dt><dd>1" in compact(page)
    assert "reader.example" not in page and "subject" not in page and "Another" not in page
    assert health.problems() == [
        "1 e-mail failed",
        "e-mail has been waiting for over an hour: is “forum work” running?",
    ]
    assert browse(admin).post("/admin/health/mail").status_code == 302
    db.session.refresh(failed)
    assert (failed.failed_at, failed.tries) == (None, 0) and failed.due_at <= now()
    browse(admin).post("/admin/health/mail")
    assert facts() == ["1 failed e-mail to be retried"]


def test_every_periodic_job_has_a_label(app: Flask) -> None:
    assert set(jobs.periodic_jobs()) <= set(health.JOB_LABELS)
    assert "expire_notices" in jobs.periodic_jobs()


def test_scheduled_runs_are_recorded_with_the_kind_of_their_failure(app: Flask, browse: Any, admin: Member) -> None:
    def fails() -> None:
        raise ValueError("marta@reader.example could not be found")

    def works() -> None:
        db.session.add(SiteSetting(name="notice_days", value=7))
        db.session.commit()

    with pytest.raises(ValueError):
        jobs._in_app_context(app, fails, reported=True)()
    jobs._in_app_context(app, works, reported=True)()
    db.session.rollback()
    runs = {run.name: run for run in db.session.query(JobRun)}
    assert (runs["fails"].failures, runs["fails"].failure, runs["fails"].succeeded_at) == (
        1,
        "ValueError",
        None,
    )
    assert runs["works"].failures == 0 and runs["works"].succeeded_at is not None
    page = browse(admin).get("/admin/health").text
    assert "1 failure: ValueError" in page and "reader.example" not in page
    assert health.problems() == ["a job fails: Fails"]
    with pytest.raises(ValueError):
        jobs._in_app_context(app, fails, reported=True)()
    db.session.rollback()
    assert db.session.query(JobRun).filter_by(name="fails").one().failures == 2


def test_an_on_demand_run_is_not_recorded(app: Flask) -> None:
    """The time of an on-demand run would reveal when someone posted."""
    app.extensions["jobs"]["deliver_mail"].call_local()
    assert not db.session.query(JobRun).count()

    periodic_tasks = {task.__class__.__name__ for task in app.extensions["job_queue"]._registry.periodic_tasks}
    assert "deliver_mail_scheduled" in periodic_tasks


def test_a_backup_is_created_by_the_job_and_listed(app: Flask, browse: Any, admin: Member) -> None:
    make_post(admin, title="What the copy has to hold")
    reader = browse(admin)
    assert "None yet" in reader.get("/admin/health").text
    reader.post("/admin/health/backup")
    assert facts() == ["a backup was started"]
    db.session.commit()
    back_up_now()
    (path,) = list_backups()
    try:
        assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0
        assert path.name in reader.get("/admin/health").text
        if path.suffix == ".sqlite":
            with sqlite3.connect(path) as connection:
                assert connection.execute("SELECT title FROM posts").fetchall() == [("What the copy has to hold",)]
    finally:
        path.unlink()
