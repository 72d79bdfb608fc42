"""The standard texts as they are now."""

from sqlalchemy import select

from forum.db import db
from forum.moderation.rules import STANDARD_TEXTS
from forum.moderation.standard_texts.models import ENGLISH, LANGUAGES, EditedText


def edited_text(key: str, language: str) -> EditedText | None:
    """Return the text that an admin wrote for the key in this language."""
    return db.session.scalar(select(EditedText).where(EditedText.key == key, EditedText.language == language))


def edited_texts(language: str) -> dict[str, str]:
    """Return all that admins wrote in this language, by key."""
    rows = db.session.execute(select(EditedText.key, EditedText.body).where(EditedText.language == language))
    return {row.key: row.body for row in rows}


def standard_texts(language: str = ENGLISH) -> dict[str, str]:
    """Return the text for each key: in this language, else in English as admins changed it, else as delivered."""
    texts = {key: row.text for key, row in STANDARD_TEXTS.items()} | edited_texts(ENGLISH)
    return texts | edited_texts(language) if language != ENGLISH else texts


def all_standard_texts(*keys: str) -> set[str]:
    """Return the texts of these keys (all without any) in every language and as delivered."""
    rows = db.session.scalars(select(EditedText.body).where(EditedText.key.in_(keys or STANDARD_TEXTS)))
    return {STANDARD_TEXTS[key].text for key in keys or STANDARD_TEXTS} | set(rows)


def languages_in_use() -> dict[str, str]:
    """Return the languages in which there are texts, with their names; English always."""
    codes = {ENGLISH, *db.session.scalars(select(EditedText.language).distinct())}
    return {code: name for code, name in LANGUAGES.items() if code in codes}
