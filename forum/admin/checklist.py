"""What is left to do before a new site opens; the list goes away when all of it is done."""

from typing import NamedTuple

from flask import current_app, url_for

from forum.accounts.models import Member
from forum.accounts.queries import count_staff
from forum.accounts.two_factor import is_enabled
from forum.admin.health import backup_problem
from forum.legal.queries import missing_pages
from forum.posts.tags.queries import active_tags
from forum.site import is_mail_tested
from forum.vendors.queries import popular_vendor_names


class Step(NamedTuple):
    """A step of the list: what it is about, where it is done ("" for the server), and how."""

    label: str
    url: str
    advice: str
    is_done: bool


def launch_checklist(admin: Member) -> list[Step]:
    """Return the steps, or nothing when all are done."""
    steps = [*_content_steps(), *_operation_steps(admin)]
    return [] if all(step.is_done for step in steps) else steps


def _content_steps() -> list[Step]:
    missing = missing_pages()
    return [
        Step(
            "Vendors in the catalogue",
            url_for("admin.new_vendor"),
            "members can name a vendor only when it is in the catalogue. Add those that your members talk about.",
            bool(popular_vendor_names(1)),
        ),
        Step(
            "Tags",
            url_for("admin.tags"),
            "a post needs at least one. “forum setup” creates some.",
            bool(active_tags()),
        ),
        Step(
            "Legal pages",
            url_for("admin.legal_pages"),
            f"missing or with gaps: {', '.join(missing)}.",
            not missing,
        ),
    ]


def _operation_steps(admin: Member) -> list[Step]:
    has_backups = current_app.config["BACKUPS"] == "daily" and backup_problem() is None
    return [
        Step("Mail", url_for("admin.settings", _anchor="mail"), "send yourself a test mail.", is_mail_tested()),
        Step("Backups", "", "set FORUM_BACKUPS=daily on the server; the first one comes at 02:30 UTC.", has_backups),
        Step(
            "A second moderator",
            url_for("admin.members"),
            "whoever made a decision can't decide its appeal. Give a member the role.",
            count_staff() > 1,
        ),
        Step(
            "Two-factor authentication",
            url_for("two_factor.settings"),
            "turn it on for your account.",
            is_enabled(admin),
        ),
    ]
