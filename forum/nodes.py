"""Check that all nodes of a site have the same keys and run the same code.

Each node that starts stores fingerprints in the database, and every node compares its own with them. They help nobody
to guess a key: with scrypt, testing a guess on them is slower than testing it on a session cookie or a seal.
"""

import hashlib
import hmac
import logging
import secrets
from functools import cache

from flask import current_app
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import db, lock, package_folder

log = logging.getLogger(__name__)

CODE = "code"
# scrypt: 16 MB and some 50 ms for each guess.
COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 16}


class NodeFingerprint(db.Model):
    """The fingerprint of a setting, or of the code, of the node that started last."""

    __tablename__ = "node_fingerprints"

    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(32))


def differences() -> list[str]:
    """Return the names of the keys, or CODE, in which this node differs from the node that started last."""
    differing = []
    for name, value in _values().items():
        row = db.session.get(NodeFingerprint, name)
        if row is not None and not hmac.compare_digest(row.digest, _digest(value, row.salt)):
            differing.append(name)
    return differing


def record() -> None:
    """Store this node's fingerprints where they differ, and log which keys do."""
    lock("node fingerprints")
    differing, values = differences(), _values()
    for name, value in values.items():
        if name in differing or db.session.get(NodeFingerprint, name) is None:
            salt = secrets.token_hex(16)
            db.session.merge(NodeFingerprint(name=name, salt=salt, digest=_digest(value, salt)))
    for name in set(differing) - {CODE}:
        log.warning(
            "%s is not the same as on the node that started before this one. All nodes need the same value. If you "
            "have just changed it, restart the other nodes with the new value.",
            name,
        )


def _values() -> dict[str, str]:
    config = current_app.config
    return {
        "FORUM_SECRET_KEY": str(config["SECRET_KEY"]),
        # All of them, in their order: the oldest names organisations.
        "FORUM_ANONYMITY_KEY": "\n".join(config["ANONYMITY_KEYS"]),
        CODE: _code(),
    }


def _digest(value: str, salt: str) -> str:
    return hashlib.scrypt(value.encode(), salt=bytes.fromhex(salt), **COST).hex()


@cache
def _code() -> str:
    """Return a digest of the program's files, which are what a release consists of."""
    digest = hashlib.sha256()
    for name, pattern in (("forum", "**/*.py"), ("templates", "**/*.*"), ("migrations", "versions/*.py")):
        folder = package_folder(name)
        for path in sorted(folder.glob(pattern)):
            relative = path.relative_to(folder)
            if relative.parts[0] != "migrations":  # inside the package when it is installed
                digest.update(f"{name} {relative} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
