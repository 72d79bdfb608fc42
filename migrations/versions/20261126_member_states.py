"""What a member follows by choice is one sealed text in a row that names the member; the table of follows goes.

Rows of follows were sealed anew together, and what the database keeps beside rows showed which belonged together. What
one follows by having written is derived from one's texts from now on.

The new rows are written in random order. `follows` is dropped with its rows; run VACUUM afterwards.
"""

import base64
import hmac
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

revision = "member_states"
down_revision = "recounts"
branch_labels = None
depends_on = None

Items = dict[str, list[Any]]


def upgrade() -> None:
    op.create_table(
        "member_states",
        sa.Column("member_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_member_states_member_id_members", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", name="pk_member_states"),
    )
    op.execute("ALTER TABLE posts ADD COLUMN news_count INTEGER DEFAULT '0' NOT NULL")
    op.execute("ALTER TABLE comments ADD COLUMN position_seal VARCHAR(80)")
    states: dict[int, Items] = {row.id: {} for row in _rows("SELECT id FROM members")}
    for row in _rows("SELECT post_id, tag_id, vendor_id, follower_seal FROM follows"):
        opened = _unseal("follower", row.follower_seal)
        if opened and int(opened[:12]) in states:
            kind = next(kind for kind in ("post", "tag", "vendor") if getattr(row, f"{kind}_id") is not None)
            is_following, seen, mailed = opened[12] == "1", int(opened[13:21]), int(opened[21:29])
            items, target = states[int(opened[:12])], f"{kind} {getattr(row, f'{kind}_id')}"
            former = items.get(target, [False, 0, 0])
            items[target] = [former[0] or is_following, max(former[1], seen), max(former[2], mailed)]
    member_ids = list(states)
    SystemRandom().shuffle(member_ids)
    for member_id in member_ids:
        insert = sa.text("INSERT INTO member_states (member_id, sealed) VALUES (:id, :sealed)")
        op.get_bind().execute(insert, {"id": member_id, "sealed": _sealed_items(states[member_id])})
    _drop_follows()


def downgrade() -> None:
    _create_follows()
    follows = []
    for row in _rows("SELECT member_id, sealed, secret_seal FROM member_states JOIN members ON members.id = member_id"):
        secret = _unseal("secret of a member", row.secret_seal)
        items: Items = json.loads(_unseal("state of a member", row.sealed) or "{}")
        for target, (choice, seen, mailed) in items.items():
            kind, item_id = target.split()
            is_there = _rows(f"SELECT id FROM {kind}s WHERE id = {int(item_id)}")
            if secret is not None and choice is not None and is_there:
                n = secrets.randbelow(1024)
                follows.append(
                    {
                        "id": secrets.randbits(50),
                        "post_id": None,
                        "tag_id": None,
                        "vendor_id": None,
                        f"{kind}_id": int(item_id),
                        "follow_hmac": _hmac("follow mark", f"{target} by name:{secret}"),
                        "chain_link": _hmac("follow listing mark", f"{secret}:{n}"),
                        "follower_seal": _seal(
                            "follower", f"{row.member_id:012d}{choice:d}{min(seen or 0, 10**8 - 1):08d}{mailed:08d}"
                        ),
                    }
                )
    SystemRandom().shuffle(follows)
    for follow in follows:
        names = ", ".join(follow)
        values = ", ".join(f":{name}" for name in follow)
        op.get_bind().execute(sa.text(f"INSERT INTO follows ({names}) VALUES ({values})"), follow)
    op.execute("ALTER TABLE comments DROP COLUMN position_seal")
    op.execute("ALTER TABLE posts DROP COLUMN news_count")
    op.drop_table("member_states")


def _drop_follows() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER follows_spend_link ON follows")
    else:
        op.execute("DROP TRIGGER follows_spend_link")
    op.drop_table("follows")


def _create_follows() -> None:
    columns: list[Any] = [sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False)]
    for kind, number in (("post", sa.BigInteger()), ("tag", sa.Integer()), ("vendor", sa.Integer())):
        columns += [
            sa.Column(f"{kind}_id", number, nullable=True),
            sa.ForeignKeyConstraint(
                [f"{kind}_id"], [f"{kind}s.id"], name=f"fk_follows_{kind}_id_{kind}s", ondelete="CASCADE"
            ),
        ]
    count = " + ".join(f"(CASE WHEN {kind}_id IS NULL THEN 0 ELSE 1 END)" for kind in ("post", "tag", "vendor"))
    op.create_table(
        "follows",
        *columns,
        sa.Column("follow_hmac", sa.String(64), nullable=False),
        sa.Column("chain_link", sa.String(64), nullable=False),
        sa.Column("follower_seal", sa.String(120), nullable=False),
        sa.CheckConstraint(f"{count} = 1", name="ck_follows_one_thing"),
        sa.PrimaryKeyConstraint("id", name="pk_follows"),
        sa.UniqueConstraint("follow_hmac", name="uq_follows_follow_hmac"),
        sa.UniqueConstraint("chain_link", name="uq_follows_chain_link"),
    )
    for kind in ("post", "tag", "vendor"):
        op.create_index(f"ix_follows_{kind}_id", "follows", [f"{kind}_id"])
    when = "CREATE TRIGGER follows_spend_link AFTER DELETE ON follows"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"{when} FOR EACH ROW WHEN (OLD.chain_link IS NOT NULL) EXECUTE FUNCTION spend_link()")
    else:
        keep = "INSERT OR IGNORE INTO spent_links (link) VALUES (OLD.chain_link)"
        op.execute(f"{when} WHEN OLD.chain_link IS NOT NULL BEGIN {keep}; END")


def _sealed_items(items: Items) -> str:
    plain, length = json.dumps(items), 4096
    while length < len(plain):
        length *= 4
    return _seal("state of a member", plain + " " * (length - len(plain)))


def _rows(statement: str) -> Any:
    return op.get_bind().execute(sa.text(statement)).all()


def _derived(key: str, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=b"full-duplex", info=purpose.encode())
    return hkdf.derive(key.encode())


def _hmac(purpose: str, message: str) -> str:
    key = current_app.config["ANONYMITY_KEYS"][0]
    return hmac.digest(_derived(key, purpose), message.encode(), "sha256").hex()


def _seal(purpose: str, plain: str) -> str:
    nonce, key = secrets.token_bytes(12), current_app.config["ANONYMITY_KEYS"][0]
    sealed = AESGCM(_derived(key, f"seal {purpose}")).encrypt(nonce, plain.encode(), None)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def _unseal(purpose: str, sealed: str | None) -> str | None:
    raw = base64.urlsafe_b64decode(sealed or "")
    for key in current_app.config["ANONYMITY_KEYS"] if sealed else []:
        try:
            return AESGCM(_derived(key, f"seal {purpose}")).decrypt(raw[:12], raw[12:], None).decode()
        except InvalidTag:
            continue
    return None
