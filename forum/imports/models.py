"""Where an imported post was in its blog, for links between posts and for redirects."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import db

ADDRESS_LENGTH = 500


class ImportedAddress(db.Model):
    """An address that an imported post had in its blog, in the form that `addresses.normalized_address` gives."""

    __tablename__ = "imported_addresses"

    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
