"""Every member gets a random secret, and all their HMACs are made of it instead of their number.

An account that is deleted takes its secret along: from then on nobody, not even with the key, can tell what it wrote
anonymously, and no anonymous row needs to be touched. The sealed number beside each pseudonym goes.

All rows are written in one transaction and in random order, never author by author. The rows' old versions stay in the
files until the database is cleaned up: run VACUUM (on PostgreSQL VACUUM FULL) afterwards, and let old backups expire.

The functions below are copies, so that this revision does the same whatever becomes of the code.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from random import SystemRandom
from typing import Any

import sqlalchemy as sa
from alembic import op
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from slugify import slugify

revision = "member_secrets"
down_revision = "0006"
branch_labels = None
depends_on = None

# What a member's HMACs are made of, by member: the number before, the secret after.
Identities = dict[int, str]
SECRET, PSEUDONYM, FOLLOWER = "secret of a member", "member of a pseudonym", "follower"
ORGANISATION, SCHEDULED = "organisation of a rating", "delayed writing"
# Purpose and longest gap of each chain, and the tables whose rows carry its links.
CHAINS = (
    ("listing mark", 1024, ("posts", "comments")),
    ("rating listing mark", 1024, ("ratings",)),
    ("follow listing mark", 1024, ("follows",)),
    ("delayed listing mark", 256, ("scheduled_texts",)),
    ("sanction mark", 32, ("sanctions",)),
)


def upgrade() -> None:
    op.execute("ALTER TABLE members ADD COLUMN secret_seal VARCHAR(160)")
    numbers = {row.id: str(row.id) for row in _rows("SELECT id FROM members")}
    fresh = {member_id: secrets.token_hex(32) for member_id in numbers}
    _write([("members", member_id, {"secret_seal": _seal(SECRET, secret)}) for member_id, secret in fresh.items()])
    _move(numbers, fresh)
    op.execute("ALTER TABLE pseudonyms DROP COLUMN member_seal")


def downgrade() -> None:
    op.execute("ALTER TABLE pseudonyms ADD COLUMN member_seal VARCHAR(120)")
    rows = _rows("SELECT id, secret_seal FROM members")
    known = {row.id: secret for row in rows if (secret := _unseal(SECRET, row.secret_seal)) is not None}
    _move(known, {member_id: str(member_id) for member_id in known})
    op.execute("ALTER TABLE members DROP COLUMN secret_seal")


def _move(before: Identities, after: Identities) -> None:
    links = {purpose: _links(purpose, gap, tables, before, after) for purpose, gap, tables in CHAINS}
    changes: list[tuple[str, Any, dict[str, str]]] = []
    for purpose, _, tables in CHAINS:
        for table in tables:
            for row in _rows(f"SELECT id, chain_link FROM {table} WHERE chain_link IS NOT NULL"):
                if row.chain_link in links[purpose]:
                    changes.append((table, row.id, {"chain_link": links[purpose][row.chain_link][1]}))
    raters = {old: owner for old, (owner, _) in links["rating listing mark"].items()}
    changes += [*_pseudonyms(before, after), *_ratings(before, after, raters), *_organisations(before, after)]
    changes += [*_follows(before, after), *_scheduled(before, after)]
    spent = {old: new for found in links.values() for old, (_, new) in found.items()}
    present = [row.link for row in _rows("SELECT link FROM spent_links")]
    changes += [("spent_links", old, {"link": spent[old]}) for old in present if old in spent]
    _write(changes)


def _write(changes: list[tuple[str, Any, dict[str, str]]]) -> None:
    """Make the changes row by row, in random order."""
    SystemRandom().shuffle(changes)
    for table, key, values in changes:
        columns = ", ".join(f"{name} = :{name}" for name in values)
        where = "link" if table == "spent_links" else "id"
        op.get_bind().execute(
            sa.text(f"UPDATE {table} SET {columns} WHERE {where} = :row_key"), values | {"row_key": key}
        )


def _rows(statement: str) -> Any:
    return op.get_bind().execute(sa.text(statement)).all()


def _links(
    purpose: str, gap: int, tables: tuple[str, ...], before: Identities, after: Identities
) -> dict[str, tuple[int, str]]:
    """Return member and new link of each link in use, by the link."""
    used = {row.link for row in _rows("SELECT link FROM spent_links")}
    for table in tables:
        used |= {row.chain_link for row in _rows(f"SELECT chain_link FROM {table} WHERE chain_link IS NOT NULL")}
    found = {}
    for member_id, identity in before.items():
        start, is_done = 0, not used
        while not is_done:
            is_done = True
            for n in range(start, start + gap):
                for key in _keys():
                    old = _hmac(key, purpose, f"{identity}:{n}")
                    if old in used:
                        found[old] = (member_id, _hmac(_keys()[0], purpose, f"{after[member_id]}:{n}"))
                        is_done = False
            start += gap
    return found


def _pseudonyms(before: Identities, after: Identities) -> Iterator[tuple[str, Any, dict[str, str]]]:
    for row in _rows("SELECT id, thread_key, thread_hmac, member_seal FROM pseudonyms"):
        sealed_id = _unseal(PSEUDONYM, row.member_seal)
        candidates = [int(sealed_id)] if sealed_id else before
        made = _matching(
            row.thread_hmac, "thread mark", lambda identity: f"{row.thread_key}:{identity}", candidates, before  # noqa: B023
        )
        if made is not None:
            values = {"thread_hmac": _hmac(_keys()[0], "thread mark", f"{row.thread_key}:{after[made]}")}
            if after[made].isdecimal() and len(after[made]) < 20:
                values["member_seal"] = _seal(PSEUDONYM, f"{made:012d}")
            yield "pseudonyms", row.id, values


def _matching(
    value: str, purpose: str, message: Callable[[str], str], candidates: Any, identities: Identities
) -> int | None:
    """Return the member among the candidates whose HMAC the value is."""
    for member_id in candidates:
        identity = identities.get(member_id)
        if identity and any(_hmac(key, purpose, message(identity)) == value for key in _keys()):
            return int(member_id)
    return None


def _ratings(
    before: Identities, after: Identities, raters: dict[str, int]
) -> Iterator[tuple[str, Any, dict[str, str]]]:
    merged: dict[int, list[int]] = {}
    for row in _rows("SELECT id, merged_into_id FROM vendors WHERE merged_into_id IS NOT NULL"):
        merged.setdefault(row.merged_into_id, []).append(row.id)
    for row in _rows(
        "SELECT id, author_id, chain_link, rater_hmac, vendor_id, programme_id, category_id, vendor_description FROM ratings"
    ):
        member_id = row.author_id or raters.get(row.chain_link)
        if member_id not in before:
            continue
        # The HMAC is of the vendor as it was when the rating was written.
        vendors = _with_merged(row.vendor_id, merged)
        programmes = [row.programme_id or 0, 0]
        subjects = [f"vendor {vendor} programme {programme}" for vendor in vendors for programme in programmes]
        if row.vendor_id is None:
            subjects = [f"category {row.category_id or 0} {_fold(row.vendor_description or '')}"]
        for subject in subjects:
            if any(_hmac(key, "rating mark", f"{subject}:{before[member_id]}") == row.rater_hmac for key in _keys()):
                new = _hmac(_keys()[0], "rating mark", f"{subject}:{after[member_id]}")
                break
        else:
            new = secrets.token_hex(32)
        yield "ratings", row.id, {"rater_hmac": new}


def _with_merged(vendor_id: int | None, merged: dict[int, list[int]]) -> list[int]:
    vendors = [vendor_id] if vendor_id is not None else []
    for vendor in vendors:
        vendors += merged.get(vendor, [])
    return vendors


def _organisations(before: Identities, after: Identities) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Members without a company count alone: by their number before, by their secret after."""
    oldest = _keys()[-1]
    new = {
        _hmac(oldest, "organisation mark", f"member {before[id]}")[:32]: _hmac(
            oldest, "organisation mark", f"member {after[id]}"
        )[:32]
        for id in before
    }
    for table in ("ratings", "withdrawals"):
        for row in _rows(f"SELECT id, organisation_seal FROM {table}"):
            opened = _unseal(ORGANISATION, row.organisation_seal)
            if opened and opened[0] == "f" and opened[1:] in new:
                yield table, row.id, {"organisation_seal": _seal(ORGANISATION, "f" + new[opened[1:]])}


def _follows(before: Identities, after: Identities) -> Iterator[tuple[str, Any, dict[str, str]]]:
    for row in _rows("SELECT id, post_id, tag_id, vendor_id, follow_hmac, follower_seal FROM follows"):
        opened = _unseal(FOLLOWER, row.follower_seal)
        member_id = int(opened[:12]) if opened else 0
        item = next(
            f"{kind} {id}" for kind in ("post", "tag", "vendor") if (id := getattr(row, f"{kind}_id")) is not None
        )
        for identity in ("by name", "anonymous"):
            subject = f"{item} {identity}"
            if _matching(row.follow_hmac, "follow mark", lambda mark: f"{subject}:{mark}", [member_id], before):  # noqa: B023
                new = _hmac(_keys()[0], "follow mark", f"{subject}:{after[member_id]}")
                yield "follows", row.id, {"follow_hmac": new}


def _scheduled(before: Identities, after: Identities) -> Iterator[tuple[str, Any, dict[str, str]]]:
    for row in _rows("SELECT id, sealed FROM scheduled_texts"):
        content = json.loads(_unseal(SCHEDULED, row.sealed) or "{}")
        if content.get("member") in after:
            member_id, owner_key = content.pop("member"), secrets.token_hex(16)
            owner_hmac = _hmac(_keys()[0], "thread mark", f"{owner_key}:{after[member_id]}")
            content |= {"owner_key": owner_key, "owner_hmac": owner_hmac}
        elif "owner_key" in content:
            owner_key, owner_hmac = content.pop("owner_key"), content.pop("owner_hmac")
            made = _matching(owner_hmac, "thread mark", lambda mark: f"{owner_key}:{mark}", before, before)  # noqa: B023
            content["member"] = made or 0
        else:
            continue
        plain = json.dumps(content)
        yield "scheduled_texts", row.id, {"sealed": _seal(SCHEDULED, plain + " " * (-len(plain) % 1024))}


def _keys() -> list[str]:
    keys: list[str] = current_app.config["ANONYMITY_KEYS"]
    return keys


DERIVED: dict[tuple[str, str], bytes] = {}


def _derived(key: str, purpose: str) -> bytes:
    if (key, purpose) not in DERIVED:
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=b"full-duplex", info=purpose.encode())
        DERIVED[key, purpose] = hkdf.derive(key.encode())
    return DERIVED[key, purpose]


def _hmac(key: str, purpose: str, message: str) -> str:
    return hmac.digest(_derived(key, purpose), message.encode(), "sha256").hex()


def _seal(purpose: str, plain: str) -> str:
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_derived(_keys()[0], f"seal {purpose}")).encrypt(nonce, plain.encode(), None)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def _unseal(purpose: str, sealed: str | None) -> str | None:
    raw = base64.urlsafe_b64decode(sealed or "")
    for key in _keys() if sealed else []:
        try:
            return AESGCM(_derived(key, f"seal {purpose}")).decrypt(raw[:12], raw[12:], None).decode()
        except InvalidTag:
            continue
    return None


def _fold(words: str) -> str:
    return slugify(words, lowercase=True)
