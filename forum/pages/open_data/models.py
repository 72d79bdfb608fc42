"""The open data of all vendors as files, ready to be sent."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import db


class OpenDataFile(db.Model):
    """A file of all vendors' published figures, compressed with gzip: public data that a job writes."""

    __tablename__ = "open_data_files"

    file_format: Mapped[str] = mapped_column(String(4), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
