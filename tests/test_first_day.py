"""The first day of a site that was installed by docs/running.md, played through to the end over https.

An admin fills the catalogue, a member joins and posts, the scheduled backup is made and restored, and the first report
reaches a moderator.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyotp
import pytest

from tests.running_guide import Machine, new_machine, skip_unless_root_on_debian
from tests.served import ROOT, eventually
from tests.web_visitor import WebVisitor, link_in, mail_to

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"
TITLE = "Eleven deals registered, two came back"
UNUSED = ("rule", "sanction", "tags", "vendor", "into", "suggested_body")  # fields of other decisions
# What the jobs do when the time of the scheduled backup has come.
DUE_BACKUP = """
from forum import create_app, jobs
with create_app().app_context():
    jobs._guards["back_up_daily"]()
"""
# Moderators are told of what waits by this mail.
STAFF_MAIL = ROOT / "templates" / "mail" / "waiting_work.txt"


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Provide a machine on which the guide was followed until the site is there for visitors."""
    skip_unless_root_on_debian()
    with new_machine() as installed:
        installed.follow("Install")
        installed.edit_settings()
        installed.follow("systemd")
        installed.follow("Reverse proxy")
        yield installed


def mail_folder(machine: Machine) -> Path:
    return machine.root / "var/lib/forum/mail"


def wait_for_mail(machine: Machine, recipient: str, contains: str = "") -> str:
    assert eventually(lambda: mail_folder(machine).is_dir() and mail_to(mail_folder(machine), recipient, contains), 200)
    return mail_to(mail_folder(machine), recipient, contains)


def sign_in_as_admin(machine: Machine) -> WebVisitor:
    """Sign in as the admin whom `forum setup` created, and turn on two-factor authentication as staff pages ask."""
    visitor = WebVisitor(machine.address)
    visitor.open("/sign-in")
    visitor.send("password", email="ida@forum.example", password=PASSWORD)
    page = visitor.open("/admin/")
    secret = re.search(r"<code>([A-Z2-7 ]{16,})</code>", page)
    assert secret
    visitor.send("setup_token", code=pyotp.TOTP(secret[1].replace(" ", "")).now(), current_password=PASSWORD)
    assert "what is left to do" in visitor.open("/admin/").lower() or "Vendors in the catalogue" in visitor.page
    return visitor


def join(machine: Machine, name: str, email: str) -> WebVisitor:
    """Join as a new member and confirm the address by the mailed link."""
    visitor = WebVisitor(machine.address)
    visitor.open("/join")
    visitor.send("password", name=name, email=email, password=PASSWORD)
    visitor.open(link_in(wait_for_mail(machine, email)))
    assert "Welcome" in visitor.send("password", password=PASSWORD)
    return visitor


def publish(author: WebVisitor) -> None:
    """Write a first post."""
    author.open("/posts/new?kind=text")
    fields = {"title": TITLE, "leaning": "mixed", "tags": "deal-registration", "identity": "name", "intent": "publish"}
    author.send(
        "body",
        vendor_naming="named",
        vendor="Northwind",
        body="Nine were approved within a week, two came back to us.",
        **fields,
    )


def run_scheduled_backup(machine: Machine) -> Path:
    """Let a day pass for the job that backs up by night, run it as the jobs do, and return its file."""
    with closing(sqlite3.connect(machine.root / "var/lib/forum/forum.sqlite", timeout=60)) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO job_claims (name, due_at) VALUES ('back_up_daily', '2026-01-01 02:30:00.000000')"
        )
        connection.commit()
    machine.run(f"set -a; . /etc/forum/environment; runuser -u forum -- /opt/forum/bin/python -c '{DUE_BACKUP}'")
    files = list((machine.root / "var/lib/forum/backups").glob("forum-*-daily.sqlite"))
    assert len(files) == 1
    return files[0]


def restore(machine: Machine, file: Path) -> None:
    machine.run("systemctl stop forum-web.socket forum-web.service forum-jobs.service")
    assert "Restored" in machine.run(f"forum restore {file}")
    machine.run("forum db upgrade")
    machine.run("forum check")
    machine.run("systemctl start forum-web.socket forum-web.service forum-jobs.service")


def test_from_the_first_admin_to_the_first_report(machine: Machine) -> None:
    admin = sign_in_as_admin(machine)
    admin.open("/admin/vendors/new")
    admin.send("name", name="Northwind")
    author = join(machine, "Marta Lind", "marta@partner.example")
    publish(author)
    admin.open("/moderation/")
    assert TITLE in admin.page, "a new member's first post waits for a moderator"
    case = re.search(r'class="queue-item" href="([^"]+)"', admin.page)
    assert case
    admin.open(case[1])
    admin.send("action", action="approve", reason="It is within the rules.", **dict.fromkeys(UNUSED, ""))
    restore(machine, run_scheduled_backup(machine))
    reader = join(machine, "Otto Berg", "otto@reseller.example")
    assert TITLE in reader.open("/"), "what was approved before the backup is there after it was restored"
    post = re.search(r'href="(/posts/\w+)/[^"]*"', reader.page)
    assert post
    reader.open(f"{post[1]}/flag")
    reader.send("rule", rule="1")
    assert TITLE in admin.open("/moderation/")
    if STAFF_MAIL.exists():
        assert "/moderation/" in wait_for_mail(machine, "ida@forum.example", "kind=flag")
