"""Limits on mail and on failed sign-ins: nobody's mailbox is flooded, and nobody is locked out by others."""

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import event
from werkzeug.middleware.proxy_fix import ProxyFix

from forum.accounts import passwords
from forum.accounts.models import Member
from forum.config import from_environment
from forum.db import db, now
from forum.limit_storage import SharedFileStorage
from forum.mail import Mail
from tests.factories import PASSWORD, make_member, run_concurrently

WRONG = "not the password at all"


def member_with_password(**fields: Any) -> Member:
    return make_member(password_hash=passwords.hash_password(PASSWORD), **fields)


def sign_in(browser: Any, member: Member, password: str = PASSWORD, address: str = "203.0.113.7") -> int:
    form = {"email": member.email, "password": password}
    return int(browser.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": address}).status_code)


def mail_count() -> int:
    return db.session.query(Mail).count()


def test_an_unconfirmed_account_that_signs_in_again_and_again_floods_no_mailbox(app: Any, browse: Any) -> None:
    member = member_with_password(confirmed_at=None)
    for _ in range(30):
        assert sign_in(browse(), member) == 302
    assert mail_count() == 5
    with time_machine.travel(now() + timedelta(hours=1, minutes=1)):
        sign_in(browse(), member)
    assert mail_count() == 6


@pytest.mark.parametrize("path", ["/forgotten-password", "/join"])
def test_no_mailbox_gets_more_links_than_anyone_needs(app: Any, browse: Any, path: str) -> None:
    member_with_password(email="jo.doe@gmail.com")
    for n, address in enumerate(("jo.doe@gmail.com", "jodoe+x@gmail.com", "jodoe@googlemail.com") * 5):
        form = {"name": "Jo Doe", "email": address, "password": "wet stone quiet harbour"}
        remote = {"REMOTE_ADDR": f"198.51.{n}.7"}
        assert browse().post(path, data=form, environ_base=remote).status_code == 302, "the page tells nothing"
    assert 1 <= mail_count() <= 5


def test_a_network_is_a_64_of_ipv6(app: Any, browse: Any) -> None:
    def ask(n: int, network: str) -> int:
        form = {"email": f"nobody{n}@partner.example"}
        remote = {"REMOTE_ADDR": f"{network}::{n:x}"}
        return int(browse().post("/forgotten-password", data=form, environ_base=remote).status_code)

    assert [ask(n, "2001:db8:1:1") for n in range(12)] == [302] * 10 + [429] * 2
    assert ask(13, "2001:db8:1:2") == 302


def test_wrong_passwords_from_elsewhere_do_not_lock_the_owner_out(app: Any, browse: Any) -> None:
    member = member_with_password()
    device = browse()
    assert sign_in(device, member) == 302
    device.post("/sign-out")
    for n in range(12):
        sign_in(browse(), member, WRONG, f"198.51.{n}.7")
    assert sign_in(browse(), member, PASSWORD, "192.0.2.9") == 429, "a stranger's browser waits"
    assert sign_in(device, member, WRONG) == 422 and sign_in(device, member) == 302
    device.post("/sign-out")
    assert [sign_in(device, member, WRONG) for _ in range(11)][-1] == 429, "a known browser has a limit, too"


def test_the_cookie_of_a_known_browser_names_nobody_and_fits_no_other_account(app: Any, browse: Any) -> None:
    member, other = member_with_password(), member_with_password()
    device = browse()
    sign_in(device, member)
    device.post("/sign-out")
    cookie = device.get_cookie("known_device")
    assert cookie is not None and cookie.http_only and str(member.email) not in cookie.decoded_value
    for n in range(12):
        sign_in(browse(), other, WRONG, f"198.51.{n}.7")
    assert sign_in(device, other) == 429
    # A browser of which the member has changed hands counts as unknown when its cookie is forged.
    forged = browse()
    forged.set_cookie("known_device", cookie.value[:-3] + "abc")
    assert sign_in(forged, other) == 429


def test_the_owner_still_gets_a_link_when_others_have_used_the_limit_up(app: Any, browse: Any) -> None:
    member = member_with_password()
    device = browse()
    sign_in(device, member)
    device.post("/sign-out")
    for n in range(8):
        form = {"email": member.email}
        browse().post("/forgotten-password", data=form, environ_base={"REMOTE_ADDR": f"198.51.{n}.7"})
    before = mail_count()
    device.post("/forgotten-password", data={"email": member.email})
    assert mail_count() == before + 1 == 6


@pytest.mark.parametrize(
    "name", ["Win at evil.example", "www.evil", "http://x", "a@b", "evil。example", "hxxp:evil", "x\uff0fy"]
)
def test_no_name_carries_an_address_to_a_stranger(app: Any, browse: Any, name: str) -> None:
    form = {"name": name, "email": "victim@partner.example", "password": "wet stone quiet harbour"}
    assert browse().post("/join", data=form).status_code == 422 and mail_count() == 0


def test_mail_to_an_address_that_a_stranger_typed_says_nothing_that_they_typed(app: Any, browse: Any) -> None:
    form = {"name": "Call 555 0199 Now", "email": "victim@partner.example", "password": "wet stone quiet harbour"}
    browse().post("/join", data=form)
    member = member_with_password(name="Call 555 0199 Now")
    browse(member).post("/settings/email", data={"email": "other@partner.example", "current_password": PASSWORD})
    browse(member).post("/settings/email", data={"email": make_member().email, "current_password": PASSWORD})
    mails = db.session.query(Mail).all()
    assert len(mails) == 3 and not any("555" in mail.text + mail.html + mail.subject for mail in mails)


def test_the_processes_of_a_machine_count_together_in_a_file(tmp_path: Path) -> None:
    uri = f"localfile://{tmp_path / 'limits.sqlite'}"
    limiters = [FixedWindowRateLimiter(storage_from_string(uri)) for _ in range(3)]
    limit = parse("10/hour")
    hits = [limiters[n % 3].hit(limit, "a key") for n in range(12)]
    assert hits == [True] * 10 + [False] * 2
    assert not limiters[0].test(limit, "a key") and limiters[1].test(limit, "another key")
    assert limiters[0].storage.check()
    with time_machine.travel(now() + timedelta(hours=1)):
        assert limiters[2].hit(limit, "a key")
    limiters[0].storage.clear("a key")
    limiters[0].storage.reset()
    assert limiters[1].test(limit, "a key")


def test_the_memory_of_a_process_counts_in_windows_and_starts_no_thread() -> None:
    counting = FixedWindowRateLimiter(storage_from_string("process://"))
    limit, before = parse("2/minute"), threading.active_count()
    with time_machine.travel(now(), tick=False) as clock:
        assert [counting.hit(limit, "a key") for _ in range(3)] == [True, True, False]
        assert counting.get_window_stats(limit, "a key") == (now().timestamp() + 60, 0)
        clock.shift(61)
        assert counting.test(limit, "a key") and counting.hit(limit, "a key")
        clock.shift(200)
        counting.hit(limit, "another key")
        assert len(counting.storage._counts) == 1, "what has expired is forgotten"
    assert threading.active_count() == before


@pytest.mark.parametrize("scheme", ["localfile", "process"])
def test_threads_lose_no_count(app: Any, tmp_path: Path, scheme: str) -> None:
    storage = storage_from_string(f"{scheme}://{tmp_path / 'limits.sqlite'}")

    def hit() -> list[int]:
        return [storage.incr("a key", 10**9) for _ in range(50)]

    counts = [count for counts in run_concurrently(hit, hit, hit, hit) for count in counts]
    assert sorted(counts) == list(range(1, 201))


def test_the_file_tells_no_second_and_a_damaged_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "limits.sqlite"
    storage = SharedFileStorage(f"localfile://{path}")
    storage.incr("a key", 3600)
    assert storage.get_expiry("a key") % 3600 == 0
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database" * 500)
    assert SharedFileStorage(f"localfile://{broken}").incr("a key", 60) == 1


def test_a_file_in_use_is_not_taken_for_a_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "limits.sqlite"
    monkeypatch.setattr("forum.limit_storage.BUSY_TIMEOUT", 0.02)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE counted (hits INTEGER)")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            SharedFileStorage(f"localfile://{path}").incr("a key", 60)
        holder.execute("ROLLBACK")
        assert path.exists() and holder.execute("SELECT count(*) FROM counted").fetchone() == (0,)
    assert SharedFileStorage(f"localfile://{path}").incr("a key", 60) == 1
    with closing(sqlite3.connect(path)) as reader:
        assert reader.execute("SELECT count(*) FROM counted").fetchone() == (0,), "the file is the one it was"


def test_without_redis_the_limits_are_in_the_instance_folder(tmp_path: Path) -> None:
    config = from_environment({"FORUM_INSTANCE": str(tmp_path)})
    assert config["RATELIMIT_STORAGE_URI"] == f"localfile://{tmp_path / 'limits.sqlite'}"
    config = from_environment({"FORUM_INSTANCE": str(tmp_path), "FORUM_REDIS_URL": "redis://x"})
    assert config["RATELIMIT_STORAGE_URI"] == "redis://x"


FORWARDED = [
    "203.0.113.7:51515",
    "[2001:db8::7]:4711",
    "[2001:db8::7]",
    "unknown",
    "_hidden",
    "",
    "203.0.113.7, 10.0.0.1:1",
]


@pytest.mark.parametrize("forwarded", FORWARDED)
def test_whatever_a_proxy_writes_for_an_address_nothing_fails(app: Any, browse: Any, forwarded: str) -> None:
    member = member_with_password()
    wsgi_app, app.wsgi_app = app.wsgi_app, ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_port=1)
    try:
        headers = {"X-Forwarded-For": forwarded}
        form = {"name": "Jo Doe", "email": "jo@partner.example", "password": "wet stone quiet harbour"}
        assert browse().post("/join", data=form, headers=headers).status_code == 302
        assert browse().post("/forgotten-password", data={"email": member.email}, headers=headers).status_code == 302
        form = {"email": member.email, "password": PASSWORD}
        browser = browse()
        assert browser.post("/sign-in", data=form, headers=headers).status_code == 302
        assert browser.get("/settings/sessions", headers=headers).status_code == 200
        assert browse().get("/notices/new", headers=headers).status_code == 200
    finally:
        app.wsgi_app = wsgi_app


def test_one_client_behind_a_proxy_that_names_ports_is_one_client(app: Any, browse: Any) -> None:
    def ask(n: int) -> int:
        remote = {"REMOTE_ADDR": f"203.0.113.7:{50000 + n}"}
        form = {"email": f"nobody{n}@partner.example"}
        return int(browse().post("/forgotten-password", data=form, environ_base=remote).status_code)

    assert [ask(n) for n in range(11)] == [302] * 10 + [429]


@pytest.mark.parametrize("host", ["localhost:9999", "localhost:80@evil.example", "evil.example", "LOCALHOST"])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Port"])
def test_mailed_links_begin_with_the_configured_address_alone(app: Any, browse: Any, host: str, header: str) -> None:
    member = member_with_password()
    app.config["TRUSTED_HOSTS"] = ["localhost", "evil.example"]  # even if the name of the host were fine
    try:
        browse().post("/forgotten-password", data={"email": member.email}, headers={header: host})
    finally:
        app.config["TRUSTED_HOSTS"] = None
    for mail in db.session.query(Mail):
        assert "http://localhost/new-password/" in mail.text
        assert "9999" not in mail.text and "evil" not in mail.text + mail.html


@pytest.mark.parametrize("path", ["/feed.atom", "/log.atom"])
def test_feeds_name_the_configured_address_alone(app: Any, browse: Any, path: str) -> None:
    page = browse().get(path, headers={"Host": "localhost:9999"})
    assert page.status_code == 200 and "9999" not in page.text and f"http://localhost{path}" in page.text


def test_a_forgotten_password_is_the_same_work_for_known_and_unknown_addresses(app: Any, browse: Any) -> None:
    member = member_with_password()
    browse().get("/")  # which reads the settings
    statements: dict[str, list[str]] = {}
    for address in (str(member.email), "nobody@partner.example"):
        log = statements.setdefault(address, [])

        def record(connection: Any, cursor: Any, statement: str, *more: Any, log: list[str] = log) -> None:
            log.append(statement)

        event.listen(db.engine, "before_cursor_execute", record)
        try:
            assert browse().post("/forgotten-password", data={"email": address}).status_code == 302
        finally:
            event.remove(db.engine, "before_cursor_execute", record)
    account_address, unknown_address = statements.values()
    assert account_address == unknown_address
    assert any("INSERT INTO mails" in statement for statement in account_address)
    assert [mail.to_address for mail in db.session.query(Mail)] == [member.email]
