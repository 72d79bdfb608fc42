"""Change a standard text."""

from forum.db import db, lock
from forum.moderation.rules import STANDARD_TEXTS
from forum.moderation.standard_texts.models import ENGLISH, EditedText
from forum.moderation.standard_texts.queries import edited_text


def save_standard_text(key: str, language: str, body: str) -> bool:
    """Store the text; an empty one takes back what was written. Return False when nothing changes."""
    lock("standard texts")
    row = edited_text(key, language)
    if language == ENGLISH and body == STANDARD_TEXTS[key].text:
        body = ""
    if body == (row.body if row is not None else ""):
        return False
    if not body:
        db.session.delete(row)
    elif row is None:
        db.session.add(EditedText(key=key, language=language, body=body))
    else:
        row.body = body
    db.session.flush()
    return True
