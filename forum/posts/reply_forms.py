"""The form for a reply under a post: rendered once and kept for all members, with gaps for what is its reader's."""

import re
import secrets
from collections.abc import Hashable

from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from forum import anonymity, fragments
from forum.accounts.models import Member
from forum.accounts.organisations import mailbox_domain
from forum.device_drafts import draft_owner
from forum.fragments import AnyMember, SharedPage, Version
from forum.posts.forms import CommentForm
from forum.submissions import TIMESTAMP_FIELD, form_timestamp
from forum.urls import script_root

FREE_ADDRESS = "member@gmail.com"
# What is rendered in place of each value of a reader. Only this process knows these marks.
_MARKS = {name: secrets.token_hex(16) for name in ("submission", "alias", "name", "csrf_token", "timestamp")}
_MARKS["domain"] = f"{secrets.token_hex(16)}.example"
# The mark of the owner of drafts is made of a secret that is nobody's.
_NOBODYS_SECRET = secrets.token_hex(16)


def new_reply_form() -> CommentForm:
    """Return an empty form for a reply."""
    return CommentForm(formdata=None, submission=secrets.token_hex(16))


def reply_form_text(key: Hashable, version: Version | None, page: SharedPage, reader: Member, alias: str) -> str:
    """Return the form on a post's page for a reader who may write anonymously, kept under a key of the page."""
    domain = mailbox_domain(reader)
    parts: list[str] = fragments.cached(
        (key, bool(domain), script_root()),
        version,
        lambda: _form_parts(page, has_domain=bool(domain)),
        lambda parts: sum(2 * len(part) for part in parts),
    )
    values = {
        "submission": secrets.token_hex(16),
        "alias": escape(alias),
        "name": escape(reader.name),
        "domain": escape(domain),
        "csrf_token": escape(generate_csrf()),
        "timestamp": escape(form_timestamp()),
        "owner": draft_owner(reader),
    }
    # Between two texts stands the name of a value.
    return "".join([values[part] if index % 2 else part for index, part in enumerate(parts)])


def _form_parts(page: SharedPage, *, has_domain: bool) -> list[str]:
    """Return the texts of the form, and between two of them the name of the value that stands there."""
    email = f"member@{_MARKS['domain']}" if has_domain else FREE_ADDRESS
    reader = AnyMember("UTC", name=_MARKS["name"], email=email, secret=_NOBODYS_SECRET)
    text = fragments.block_text(
        page,
        "live_reply",
        reader=reader,
        request_values={"csrf_token": _MARKS["csrf_token"], TIMESTAMP_FIELD: _MARKS["timestamp"]},
        form=CommentForm(formdata=None, meta={"csrf": False}, submission=_MARKS["submission"]),
        alias=_MARKS["alias"],
        official_reply=None,
        current_user=reader,
    )
    names = {mark: name for name, mark in _MARKS.items()} | {anonymity.device_draft_code(_NOBODYS_SECRET): "owner"}
    parts = re.split(f"({'|'.join(map(re.escape, names))})", text)
    parts[1::2] = [names[mark] for mark in parts[1::2]]
    return parts
