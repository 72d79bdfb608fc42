"""Replace random values by placeholders, so that worlds can be compared. Everything not listed here must be equal.

A random value gets a number at its first appearance ("mark 7") and the same placeholder wherever it appears: two rows that
belong together in one world must belong together in the others.
"""

import base64
import json
import re
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeTimedSerializer

from forum import anonymity
from forum.urls import key_text

KEY = "random number of 50 bits: rows are numbered so that a neighbour's number tells no order"
MARK = "HMAC of something under the anonymity key, or random bits: looks like any other without the key"
SALTED = "hash with a random salt"
SUBMISSION = "the form's own random number"
RANDOM_DAY = "a random day from which a rating counts"
PATH = "a moment and a row's random number for each reply above it and for itself"
# Sealed columns and the purpose of each seal, which must open. Which of two copies has the newer seal is not compared, since
# all follows are sealed again once a day.
SEALS = {
    "members.secret_seal": "secret of a member",
    "ratings.organisation_seal": "organisation of a rating",
    "ratings.answers_seal": "answers of a rating",
    "rating_revisions.answers_seal": "answers of a rating",
    "disclosure_states.state_seal": "disclosure state",
    "scheduled_texts.sealed": "delayed writing",
    "scheduled_texts.due_seal": "due time of scheduled text",
    "sealed_drafts.sealed": "draft",
    "member_states.sealed": "state of a member",
    "member_saved_lists.sealed": "saved lists of a member",
    "member_sessions.details_seal": "details of a session",
    "comments.position_seal": "position in a thread",
    "mails.sealed": "mail",
    "notices.sender_seal": "sender of a notice",
}
COLUMNS = {
    "members.password_hash": SALTED,
    "posts.thread_key": MARK,
    "posts.chain_link": MARK,
    "posts.submission": SUBMISSION,
    "comments.chain_link": MARK,
    "comments.submission": SUBMISSION,
    "comments.path": PATH,
    "pseudonyms.thread_key": MARK,
    "pseudonyms.thread_hmac": MARK,
    "sanctions.chain_link": MARK,
    "scheduled_texts.chain_link": MARK,
    "sealed_drafts.chain_link": MARK,
    "ratings.rater_hmac": MARK,
    "ratings.chain_link": MARK,
    "ratings.submission": SUBMISSION,
    "ratings.counted_from": RANDOM_DAY,
    "spent_links.link": MARK,
    "member_sessions.token_hash": MARK,
    "member_sessions.owner_hmac": MARK,
    "notices.secret_hash": MARK,
    **{
        f"{table}.id": KEY
        for table in (
            *(
                "posts",
                "comments",
                "pseudonyms",
                "sanctions",
                "revisions",
                "useful_votes",
                "scheduled_texts",
                "sealed_drafts",
                "ratings",
                "rating_revisions",
                "disclosure_states",
                "search_documents",
                "representatives",
                "pending_recounts",
                "mails",
                "mentions",
                "pending_mentions",
            ),
            "member_sessions",
            *("cases", "case_notes", "flags", "withheld_texts", "appeals", "notices", "spam_batches"),
        )
    },
}
# Rows that begin at one moment and show nothing by which to order them; their owner alone sees them, on one page.
UNNUMBERED = {"member_sessions": "<member_sessions 0>"}
# Headers that depend on the bytes of the page, which contain random numbers.
HEADERS = {
    "X-Padding": "random",
    "ETag": "a digest of the page",
    "Content-Length": "names under anonymous texts differ in length",
}
# With few nouns two pseudonyms would sometimes get the same name by chance.
MANY_NOUNS = [f"{noun}{number}" for noun in anonymity.NOUNS for number in range(1000, 2000)]
# In pages, mails and logs: signed tokens (their content is compared), hexadecimal HMACs, secret addresses, ids and durations
# of tasks, sizes of files, marks of names, names of pseudonyms (two words), and ids of rows as digits or as ten characters.
IN_TEXT = re.compile(
    r"(?P<signed>\.?[\w-]+\.[\w-]{6}\.[\w-]{27}(?![\w-]))"
    r"|(?P<mark>\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b)"
    r"|(?P<shape>\bmark-\d+\b)"
    r"|(?P<secret>(?<=/notices/of/|evidence/of/)[\w-]{32})"
    r"|(?P<task>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d+\.\d{3}s\b|\b\d+ [KMG]B\b)"
    r"|(?P<name>\b[A-Z][a-z]+ [A-Z][a-z]+\d{4}\b)"
    r"|(?P<key>(?<![\w.])[0-9a-z]{10}(?!\w)|\b\d{10,16}\b)"
)


class Placeholders:
    """The placeholders of random values in one world, numbered in the order in which the values first appear."""

    def __init__(self, secret_key: str, anonymity_key: str) -> None:
        self.key = anonymity_key
        self.names: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.seals: dict[str, str] = {}
        self.signer = URLSafeTimedSerializer(secret_key)

    def of(self, kind: str, value: str) -> str:
        """Return the placeholder of a value, a new one at its first appearance."""
        if value not in self.names:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.names[value] = f"<{kind} {self.counts[kind]}>"
        return self.names[value]

    def row(self, table: str, number: int) -> None:
        """Register a row's id, in both of its notations."""
        name = (
            self.names.setdefault(str(number), UNNUMBERED[table])
            if table in UNNUMBERED
            else self.of(table, str(number))
        )
        self.names[key_text(number)] = name

    def place_of(self, number: int) -> int | None:
        """Return the position at which a row first appeared, or None."""
        name = self.names.get(str(number))
        return int(name.rstrip(">").rpartition(" ")[2]) if name else None

    def text(self, text: str, *, new: bool = True) -> str:
        """Return text with placeholders for random values. Unseen values get a new one, or "?" with new=False."""

        def replace(match: re.Match[str]) -> str:
            kind, value = str(match.lastgroup), match[0]
            if kind == "signed":
                return self._signed(value, new)
            if kind == "shape":  # made of the name and the thread's key, which stand beside it
                return "<mark of a name>"
            if kind == "task":
                return "<of the machine>"
            if kind == "key":
                unseen = value if new or not value.isdecimal() else "?"
                return self.names.get(value, unseen)
            return self.of(kind, value) if new or value in self.names else "?"

        # Of the reader, on forms that they fill in; test_device_drafts.py looks that no row and nobody else has it.
        return IN_TEXT.sub(replace, re.sub(r'data-draft-owner="\w*"', 'data-draft-owner="<own>"', text))

    def column(self, place: str, value: Any, *, new: bool = True) -> str:
        """Return a column's value with placeholders."""
        if value is None:
            return "-"
        if isinstance(value, float):
            return f"{value:.9g}"  # sums of floats depend on the order of the rows, which is random
        if (purpose := SEALS.get(place)) is not None:
            return self._seal(place, str(value), purpose) if new else f"? {len(str(value))}"
        kind = COLUMNS.get(place)
        if kind is SALTED:
            return "<salted>"
        if kind is RANDOM_DAY:
            return "<random day>"
        if kind is PATH:
            parts = re.findall("(.{8})(.{10})", str(value))
            return " ".join(f"{int(moment, 16)} {self.names.get(number, '?')}" for moment, number in parts)
        if kind in (MARK, SUBMISSION):
            return self.of("mark", str(value)) if new or value in self.names else "?"
        return self.text(json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value), new=new)

    def _seal(self, place: str, value: str, purpose: str) -> str:
        if not self._opens(value, purpose):
            return f"not sealed: {value}"
        nonce = base64.urlsafe_b64decode(value)[:12].hex()
        first = self.seals.setdefault(nonce, place)
        self.seals[nonce] = f"{place}, seen before"
        return f"<sealed, {len(value)} long>" if first == place else f"<the seal of {first}>"

    def _opens(self, value: str, purpose: str) -> bool:
        """Return whether AES-GCM opens a seal under the key of its purpose, independently of the code that made it."""
        salt, info = b"full-duplex", f"seal {purpose}".encode()
        key = HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(self.key.encode())
        try:
            raw = base64.urlsafe_b64decode(value)
            AESGCM(key).decrypt(raw[:12], raw[12:], None)
        except (InvalidTag, ValueError):
            return False
        return True

    def _signed(self, value: str, new: bool) -> str:
        payload = value.rsplit(".", 2)[0]
        try:
            content = self.signer.load_payload(payload.encode())
        except BadData:
            return "<signed>"
        if isinstance(content, str) and len(content) > 40:
            return f"<signed and {self._seal('a link', content, 'unsubscribe')}>"
        if isinstance(content, list) and isinstance(content[-1], str) and len(content[-1]) > 100:
            content = [*content[:-1], self._seal("a link", content[-1], "path of a mailed link")]
        # A link of the account's holds a digest of the salted password, so that it works once.
        text = re.sub(r'"[0-9a-f]{16}"', '"<salted>"', json.dumps(content, sort_keys=True))
        return f"<signed {self.text(text, new=new)}>"
