"""What members save for themselves: bookmarks with notes, weights of the criteria, a shortlist. One sealed text each.

Every member gets a row, written in random order, so that neither its existence nor its place tells who uses it.
"""

import base64
import json
import secrets
from random import SystemRandom

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

revision = "saved_lists"
down_revision = "vendor_post_lists"
branch_labels = None
depends_on = None

LENGTH = 4096


def upgrade() -> None:
    op.create_table(
        "member_saved_lists",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_member_saved_lists_member_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name="pk_member_saved_lists"),
    )
    member_ids = [row.id for row in op.get_bind().execute(sa.text("SELECT id FROM members"))]
    SystemRandom().shuffle(member_ids)
    for member_id in member_ids:
        insert = sa.text("INSERT INTO member_saved_lists (member_id, sealed) VALUES (:id, :sealed)")
        op.get_bind().execute(insert, {"id": member_id, "sealed": _sealed_nothing()})


def downgrade() -> None:
    op.drop_table("member_saved_lists")


def _sealed_nothing() -> str:
    key, nonce = current_app.config["ANONYMITY_KEYS"][0], secrets.token_bytes(12)
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=b"full-duplex", info=b"seal saved lists of a member")
    plain = json.dumps([[], {}, []]).ljust(LENGTH).encode()
    return base64.urlsafe_b64encode(nonce + AESGCM(hkdf.derive(key.encode())).encrypt(nonce, plain, None)).decode()
