"""Write a legal page."""

from forum import text
from forum.db import db, lock
from forum.legal.models import LegalText
from forum.legal.queries import CHANGED, legal_text


class NewerVersion(Exception):
    """Somebody else has saved the page since the form was filled; `version` is theirs."""

    def __init__(self, version: LegalText) -> None:
        super().__init__(version)
        self.version = version


def save_legal_text(page: str, body: str, *, based_on: int | None) -> LegalText | None:
    """Add a version of the page, or return None when the text is the present one.

    `based_on` is the id of the version that the form was filled with, None for no version. Raises NewerVersion.
    """
    lock("legal pages")
    current = legal_text(page)
    if current is not None and current.body == body:
        return None
    if current is not None and current.id != based_on:
        raise NewerVersion(current)
    version = LegalText(page=page, body=body, body_html=text.to_html(body) if body else "")
    db.session.add(version)
    db.session.flush()
    db.session.info[CHANGED] = True
    return version
