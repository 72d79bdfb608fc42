"""Whom a text mentions, and the texts whose mentions are yet to be looked up.

A mention names a member, so it is never written together with a text, which may be anonymous: the text leaves a row in
`pending_mentions`, which names nobody.

Members' sealed states have more in them from now on. Going down seals all of them anew in random order, with what
earlier versions know: what each follows.
"""

import base64
import json
import secrets
from random import SystemRandom
from typing import Any

import sqlalchemy as sa
from alembic import op
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

revision = "mentions"
down_revision = "due_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, columns in (
        ("mentions", ("member_id", "post_id", "comment_id")),
        ("pending_mentions", ("post_id", "comment_id")),
    ):
        op.create_table(
            table,
            sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
            *(_column(table, name) for name in columns),
            *(_reference(table, name) for name in columns),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        )
        for name in columns:
            op.create_index(f"ix_{table}_{name}", table, [name])


def downgrade() -> None:
    _seal_items_alone()
    op.drop_table("pending_mentions")
    op.drop_table("mentions")


def _seal_items_alone() -> None:
    connection = op.get_bind()
    rows = list(connection.execute(sa.text("SELECT member_id, sealed FROM member_states")))
    SystemRandom().shuffle(rows)
    update = sa.text("UPDATE member_states SET sealed = :sealed WHERE member_id = :id")
    for row in rows:
        values = _unsealed(row.sealed)
        if values is not None:
            items = {target: item[:3] for target, item in values.get("items", values).items()}
            connection.execute(update, {"id": row.member_id, "sealed": _sealed(items)})


def _sealed(items: dict[str, Any]) -> str:
    plain, length = json.dumps(items), 4096
    while length < len(plain):
        length *= 4
    nonce = secrets.token_bytes(12)
    cipher = _cipher(current_app.config["ANONYMITY_KEYS"][0])
    return base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, plain.ljust(length).encode(), None)).decode()


def _unsealed(sealed: str) -> dict[str, Any] | None:
    raw = base64.urlsafe_b64decode(sealed)
    for key in current_app.config["ANONYMITY_KEYS"]:
        try:
            values: dict[str, Any] = json.loads(_cipher(key).decrypt(raw[:12], raw[12:], None))
        except InvalidTag:
            continue
        return values
    return None


def _cipher(key: str) -> AESGCM:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=b"full-duplex", info=b"seal state of a member")
    return AESGCM(hkdf.derive(key.encode()))


def _column(table: str, name: str) -> sa.Column[int]:
    kind = sa.Integer() if name == "member_id" else sa.BigInteger()
    return sa.Column(name, kind, nullable=name == "comment_id")


def _reference(table: str, name: str) -> sa.ForeignKeyConstraint:
    target = f"{name.removesuffix('_id')}s"
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=f"fk_{table}_{name}_{target}", ondelete="CASCADE")
