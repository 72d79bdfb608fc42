"""Anonymity: what ties anonymous rows to their authors, under a key that is not in the database.

Rows carry HMAC-SHA256 digests of a member's secret, under keys derived by HKDF, one for each purpose, from the site's
anonymity key. Without the key a digest names nobody, and no one can tell that two of them, in two threads, belong to
one member. Without the secret, which is deleted with the account, not even someone with the key can.

The purposes ("thread mark", "seal mail" ...) are input to the key derivation. They never change, not even to follow a
renamed function: what was written under the old purpose could not be read or found again.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

ADJECTIVES = """Amber Autumn Bold Brave Bright Brisk Calm Careful Civil Clear Cold Copper Coral Crisp Dark Deep Distant
Dry Early Earnest Even Fair Faint Far Fast Fern Fine Firm Flat Fond Frank Free Fresh Frosty Gentle Glad Golden Grand
Green Grey Hardy Hazel High Hollow Honest Humble Icy Idle Inner Ivory Jade Keen Kind Large Late Lean Level Light
Little Lively Lone Long Loose Loud Low Lucid Lunar Mellow Mild Misty Modest Narrow Near Neat Nimble Noble North Novel
Odd Old Olive Open Outer Pale Patient Plain Polite Proper Proud Quick Quiet Rapid Rare Ready Red Rough Round Rustic
Salt Sandy Scarlet Sharp Short Shy Silent Silver Simple Slow Small Smooth Sober Soft Solid South Spare Stable Steady
Steep Still Stout Straight Strong Sturdy Subtle Sunny Sure Swift Tall Tame Tidy Tiny True Upper Warm Wary West Wide
Wild Windy Wise Young""".split()
NOUNS = """Acorn Anchor Anvil Arbor Arch Ash Aspen Badger Banner Barley Basin Beacon Beech Bell Birch Bison Bramble
Bridge Brook Cairn Canal Candle Cedar Chalk Chapel Cherry Cliff Clover Cobble Comet Cove Crane Creek Crest Cricket
Current Cypress Dale Delta Dune Elder Elm Ember Falcon Fern Ferry Field Finch Fjord Flint Ford Fountain Fox Gannet
Gantry Garden Gate Glacier Glade Granite Grove Gull Harbour Hare Harvest Hawk Heath Hedge Heron Hill Hollow Island
Juniper Kestrel Kiln Kite Lake Lantern Larch Lark Ledge Lighthouse Linden Loom Magpie Maple Marble Marsh Meadow Mill
Moor Moss Mountain Oak Orchard Osprey Otter Owl Pebble Pier Pine Plover Pond Poplar Quarry Quartz Quay Raven Reed Reef
Ridge River Robin Rowan Saddle Sail Sedge Shore Signal Slate Sparrow Spire Spring Spruce Starling Stone Stork Stream
Summit Swallow Swan Thicket Thistle Thrush Tide Timber Tower Valley Walnut Wharf Willow Wren""".split()


# Part of the key that seals members' secrets: it never changes.
SECRET_PURPOSE = "secret of a member"  # noqa: S105 - a purpose, no password


class SecretMissing(Exception):
    """The member's secret was sealed under a key that is lost."""


class PseudonymRow(Protocol):
    """What a row, of a pseudonym or of a text joined to one, reveals about its author."""

    @property
    def thread_key(self) -> str:
        """The random key of the thread."""

    @property
    def thread_hmac(self) -> str | None:
        """The HMAC of thread key and author; None when a row has no pseudonym."""


def new_thread_key() -> str:
    """Return 32 random hexadecimal digits for a new thread: no two threads give a member the same HMAC."""
    return secrets.token_hex(16)


def new_secret_seal() -> str:
    """Return a new member's secret, 32 random bytes, sealed for their row. Every HMAC of the member is made of it."""
    return seal(SECRET_PURPOSE, secrets.token_hex(32))


def unseal_secret(secret_seal: str | None) -> str | None:
    """Return a member's secret: 64 hexadecimal digits. None when there is none, or when no key in force opens it."""
    return unseal(SECRET_PURPOSE, secret_seal) if secret_seal else None


def reseal_secret(secret_seal: str | None) -> str | None:
    """Return the same secret sealed under the present key; None when no key in force opens it."""
    secret = unseal_secret(secret_seal)
    return seal(SECRET_PURPOSE, secret) if secret else None


def thread_hmac(thread_key: str, secret: str | None) -> str:
    """Return the HMAC that stands for the member in a thread, under the present key: 64 hexadecimal digits.

    Raises SecretMissing.
    """
    return _hmac(current_keys()[0], "thread mark", f"{thread_key}:{required(secret)}")


def thread_hmacs(thread_key: str, secret: str | None) -> list[str]:
    """Return the member's HMACs in a thread: under the present key, then under those from before a rotation."""
    return [_hmac(key, "thread mark", f"{thread_key}:{secret}") for key in current_keys()] if secret else []


def owns_pseudonym(secret: str | None, pseudonym: PseudonymRow | None) -> bool:
    """Return whether the member with this secret is the author who writes under this pseudonym."""
    if pseudonym is None or pseudonym.thread_hmac is None:
        return False
    hmacs = thread_hmacs(pseudonym.thread_key, secret)
    return any(hmac.compare_digest(pseudonym.thread_hmac, candidate) for candidate in hmacs)


def chain_links(purpose: str, secret: str | None, numbers: Iterable[int]) -> list[str]:
    """Return the links of a member's chain with these numbers, under each key; see forum/chains.py."""
    if not secret:
        return []
    ends = [b"%d" % n for n in numbers]
    prefixes = [hmac.new(key, f"{secret}:".encode(), sha256) for key in _derived_keys(purpose)]
    return [_continued(prefix, end) for prefix in prefixes for end in ends]


def rater_hmacs(secret: str | None, subject: str) -> list[str]:
    """Return the HMACs that stand for the member as rater of a subject, under every key, the present one first.

    A signed rating carries one too: it is how a second rating of the subject is found and refused.
    """
    return [_hmac(key, "rating mark", f"{subject}:{secret}") for key in current_keys()] if secret else []


def device_draft_code(secret: str) -> str:
    """Return 32 hexadecimal digits under which a browser keeps the member's drafts, from the oldest key.

    They are never stored here, and nothing in the database equals them.
    """
    return _hmac(current_keys()[-1], "drafts on a device", secret)[:32]


def required(secret: str | None) -> str:
    """Return a secret that something is to be made of. Raises SecretMissing."""
    if secret is None:
        raise SecretMissing("A member has no secret that the keys in force open. Run: forum secrets renew")
    return secret


def organisation_hmac(organisation: str) -> str:
    """Return 32 hexadecimal digits that stand for an organisation in a rating's seal.

    They are made with the oldest key, so that colleagues still count as one after a rotation.
    """
    return _hmac(current_keys()[-1], "organisation mark", organisation)[:32]


def contribution_key() -> bytes:
    """Return the key of the hashes by which disclosure control recognises contributions: from the oldest key."""
    return _derived(current_keys()[-1], "contribution to a measure")


def seal(purpose: str, secret: str) -> str:
    """Encrypt with AES-256-GCM and a random nonce: a secret sealed twice gives two values that share nothing.

    The result has about 4/3 the length + 38, so the length shows: pad secrets of one purpose to one length.
    """
    return base64.urlsafe_b64encode(seal_bytes(purpose, secret.encode())).decode()


def unseal(purpose: str, sealed: str) -> str | None:
    """Return the sealed text, under whichever key opens it; None when none does, or when a byte was changed."""
    content = unseal_bytes(purpose, base64.urlsafe_b64decode(sealed))
    return content.decode() if content is not None else None


def seal_bytes(purpose: str, content: bytes) -> bytes:
    """Encrypt bytes as `seal` does; the result is 28 bytes longer."""
    nonce = secrets.token_bytes(12)
    return nonce + _cipher(current_keys()[0], purpose).encrypt(nonce, content, None)


def unseal_bytes(purpose: str, sealed: bytes) -> bytes | None:
    """Return the sealed bytes, under whichever key opens them; None when none does."""
    for key in current_keys():
        try:
            return _cipher(key, purpose).decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            continue
    return None


def seal_json(purpose: str, value: object, pad: int = 1024) -> str:
    """Seal a value as JSON, padded with spaces to a multiple of `pad` bytes, so that its length reveals little."""
    plain = json.dumps(value)
    return seal(purpose, plain + " " * (-len(plain) % pad))


def unseal_json(purpose: str, sealed: str | None) -> Any:
    """Return the value that `seal_json` sealed; None when nothing was, or when no key in force opens it."""
    plain = unseal(purpose, sealed) if sealed else None
    return json.loads(plain) if plain else None


def hashed_limit_key(subject: str) -> str:
    """Return the key of a rate limit: 32 hexadecimal digits that don't reveal whose it is."""
    return _hmac(current_keys()[0], "rate limit", subject)[:32]


def alias_candidates(thread_hmac: str) -> Iterator[str]:
    """Yield two-word aliases for an HMAC, in the order to try them until one is free in the thread."""
    for attempt in count():
        digest = sha256(f"{thread_hmac}:{attempt}".encode()).digest()
        adjective = ADJECTIVES[int.from_bytes(digest[:4]) % len(ADJECTIVES)]
        noun = NOUNS[int.from_bytes(digest[4:8]) % len(NOUNS)]
        if adjective != noun:
            yield f"{adjective} {noun}"


def current_keys() -> list[str]:
    """Return the site's anonymity keys: the present one, then those from before a rotation."""
    keys: list[str] = current_app.config["ANONYMITY_KEYS"]
    return keys


def _hmac(key: str, purpose: str, message: str) -> str:
    return hmac.digest(_derived(key, purpose), message.encode(), "sha256").hex()


def _derived_keys(purpose: str) -> list[bytes]:
    return [_derived(key, purpose) for key in current_keys()]


def _continued(prefix: hmac.HMAC, end: bytes) -> str:
    """Return the HMAC of a message whose first part is hashed already; a chain needs a thousand of them."""
    code = prefix.copy()
    code.update(end)
    return code.hexdigest()


@lru_cache(maxsize=64)
def _cipher(key: str, purpose: str) -> AESGCM:
    return AESGCM(_derived(key, f"seal {purpose}"))


@lru_cache(maxsize=64)
def _derived(key: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"full-duplex", info=purpose.encode()).derive(key.encode())
