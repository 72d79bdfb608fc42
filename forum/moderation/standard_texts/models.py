"""Standard texts that admins have changed or translated. They name no one: who changed one is in the log."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Id, db

# The site is in English; moderators may have to give their reasons to people who wrote in another language.
LANGUAGES = {
    "en": "English",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "fi": "Suomi",
    "sv": "Svenska",
}
ENGLISH = "en"


class EditedText(db.Model):
    """A standard text as an admin wrote it, in place of the one in rules.py, or in another language."""

    __tablename__ = "standard_texts"
    __table_args__ = (UniqueConstraint("key", "language", name="uq_standard_texts_key"),)

    id: Mapped[Id]
    # A key of rules.STANDARD_TEXTS.
    key: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
