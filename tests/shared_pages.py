"""What tests of pages that members share compare, and how a change is made complete before."""

import re

from forum.db import db
from forum.posts.recounts import settle_recounts

TOKENS = re.compile(r'(name="csrf_token" value=")[^"]*')


def commit() -> None:
    """Commit, and count anew what was changed."""
    db.session.commit()
    settle_recounts(db.session.commit)


def without_tokens(page: str) -> str:
    """Return a page without its form tokens, which every session has of its own."""
    return TOKENS.sub(r"\1", page)
