"""Rename, anonymise or delete an account at its owner's request, with an entry in the log and a mail to the owner.

Their anonymous writing is never touched: what disappears when an admin acts would tell the admin whose it was.
"""

from collections.abc import Callable

from forum import mail, text
from forum.accounts.actions import unique_slug
from forum.accounts.models import Member
from forum.accounts.staff_actions import end_sessions
from forum.db import db
from forum.links import external_url
from forum.moderation.log.actions import log_change
from forum.pages.leaving.actions import delete_account, deletions, names_to_take_off
from forum.posts.models import Comment, Post

# What was done, for the member and the log's entry that only they can read.
CHANGES = {
    "rename": "Your account has a new name, and its page a new address.",
    "anonymise": "Your name was removed from your posts and replies. They are now signed “a former member”.",
    "keep": "Your account was deleted. Posts and replies that you signed stay, signed “a former member”.",
    "delete": "Your account was deleted, with the posts and replies that you signed.",
}


def preparations(member: Member, request: str) -> list[Callable[[], object]]:
    """Return what is to be done before `fulfil`, to be called one by one, with a commit after each."""
    if request == "anonymise":
        return names_to_take_off(member, Post, Comment)
    if request not in ("keep", "delete"):
        return []
    return deletions(member, keep_anonymous=True, keep_signed=request == "keep")


def fulfil(staff: Member, member: Member, request: str, *, name: str, reason: str) -> None:
    """Do what the owner asked for, log it and mail them. `name` is the new one of "rename"."""
    log_change(staff, "member", facts=CHANGES[request], reason=reason, member=member)
    if request == "rename":
        member.name, member.slug = text.single_line(name), unique_slug(name)
        db.session.flush()
    _mail_owner(member, request)
    if request in ("keep", "delete"):
        end_sessions(member)
        delete_account(member, keep_signed=request == "keep")


def _mail_owner(member: Member, request: str) -> None:
    if member.email is None or member.bounced_at is not None:
        return
    mail.enqueue(
        member.email,
        "account_request",
        subject="Your account was changed at your request",
        name=member.name,
        change=CHANGES[request],
        link=external_url("pages.about"),
    )
