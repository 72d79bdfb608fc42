"""The reply form under a post, and the placeholders for its reader on the page that is cached for all members."""

import secrets

from forum import anonymity
from forum.accounts.models import Member
from forum.device_drafts import draft_owner
from forum.fragments import StandIn, Values, mark
from forum.posts.forms import CommentForm

FREE_ADDRESS = "member@gmail.com"
# Placeholders for what the form shows of its reader: a domain and a secret that no member has.
_DOMAIN = f"{secrets.token_hex(16)}.example"
_NOBODYS_SECRET = secrets.token_hex(16)


def new_reply_form() -> CommentForm:
    """Return an empty form for a reply."""
    return CommentForm(formdata=None, submission=secrets.token_hex(16))


def marked_reply_form() -> CommentForm:
    """Return the same for a cached page, with placeholders."""
    return CommentForm(formdata=None, meta={"csrf": False}, submission=mark("submission"))


def reply_form_gaps(reader: Member, alias: str | None, domain: str) -> Values:
    """Return the values for the gaps of the form."""
    return {
        "submission": lambda: secrets.token_hex(16),
        "alias": lambda: alias,
        "domain": lambda: domain,
        "owner": lambda: draft_owner(reader),
    }


def any_writer(*, has_domain: bool) -> StandIn:
    """Return the placeholders for what the form may read of its reader."""
    email = f"member@{_DOMAIN}" if has_domain else FREE_ADDRESS
    texts = {_DOMAIN: "domain", anonymity.device_draft_code(_NOBODYS_SECRET): "owner"}
    return StandIn({"email": email, "secret": _NOBODYS_SECRET}, texts)
