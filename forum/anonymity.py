"""Anonymity: the marks that tie anonymous writing to its author, under a key that is not in the database.

A mark is HMAC-SHA256 under a key derived (HKDF, one purpose each) from the site's anonymity key. Without the key a mark
names nobody, and two marks of one member in two threads look like any two marks.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any

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


def new_thread_key() -> str:
    """128 random bits as 32 hexadecimal digits, kept with the thread: no two threads give a member the same mark."""
    return secrets.token_hex(16)


def thread_hmac(thread_key: str, member_id: int) -> str:
    """The member's mark in one thread: 64 hexadecimal digits, HMAC-SHA256 of thread key and member."""
    return _hmac(current_keys()[0], "thread mark", f"{thread_key}:{member_id}")


def thread_hmacs(thread_key: str, member_id: int) -> list[str]:
    """The member's mark in one thread under every key in force: the present one first, then those before a rotation."""
    return [_hmac(key, "thread mark", f"{thread_key}:{member_id}") for key in current_keys()]


def owns_pseudonym(member: Any, pseudonym: Any) -> bool:
    """Whether the member is the one who writes under this pseudonym (anything with `thread_key` and `mark`)."""
    if member is None or not member.is_authenticated or pseudonym is None or pseudonym.thread_hmac is None:
        return False
    return any(hmac.compare_digest(pseudonym.thread_hmac, own) for own in thread_hmacs(pseudonym.thread_key, member.id))


def chain_links(purpose: str, member_id: int, start: int, count: int) -> list[str]:
    """Return links `start` to `start + count - 1` of the member's chain, under each key in force, the present one first.

    Chains of different purposes share no link; see forum/chains.py.
    """
    return [_hmac(key, purpose, f"{member_id}:{n}") for key in current_keys() for n in range(start, start + count)]


def rater_hmacs(member_id: int, subject: str) -> list[str]:
    """The member's mark on what they rate, under every key in force: one each, whether they sign or not.

    It makes a second rating of the same subject findable and refusable, and says nothing without the key.
    """
    return [_hmac(key, "rating mark", f"{subject}:{member_id}") for key in current_keys()]


def follow_hmacs(member_id: int, subject: str) -> list[str]:
    """The member's mark on what they follow, under every key in force, the present one first."""
    return [_hmac(key, "follow mark", f"{subject}:{member_id}") for key in current_keys()]


def organisation_hmac(organisation: str) -> str:
    """A name for an organisation that names nobody: 32 hexadecimal digits, for counting while scores are made."""
    return _hmac(current_keys()[-1], "organisation mark", organisation)[:32]


def seal(purpose: str, secret: str) -> str:
    """AES-256-GCM with a random nonce: the same secret sealed twice looks like two secrets. About 4/3 the length + 38.

    The length shows, so what is sealed should always be as long.
    """
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_derived(current_keys()[0], f"seal {purpose}")).encrypt(nonce, secret.encode(), None)
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(purpose: str, sealed: str) -> str | None:
    """What was sealed, under whichever key in force; None when the key is lost or somebody changed a byte."""
    raw = base64.urlsafe_b64decode(sealed)
    for key in current_keys():
        try:
            return AESGCM(_derived(key, f"seal {purpose}")).decrypt(raw[:12], raw[12:], None).decode()
        except InvalidTag:
            continue
    return None


def seal_json(purpose: str, value: object, pad: int = 1024) -> str:
    """Seal a value as JSON, padded with spaces to a multiple of `pad` bytes, so that its length says little."""
    plain = json.dumps(value)
    return seal(purpose, plain + " " * (-len(plain) % pad))


def unseal_json(purpose: str, sealed: str | None) -> Any:
    """Return the value that `seal_json` sealed; None when nothing was, or when no key in force opens it."""
    plain = unseal(purpose, sealed) if sealed else None
    return json.loads(plain) if plain else None


def hashed_limit_key(subject: str) -> str:
    """A name for a rate limit that tells nobody whose it is: 32 hexadecimal digits."""
    return _hmac(current_keys()[0], "rate limit", subject)[:32]


def alias_candidates(own_mark: str) -> Iterator[str]:
    """Two-word names for a mark, in the order they should be tried until one is free in the thread."""
    count = 0
    while True:
        digest = sha256(f"{own_mark}:{count}".encode()).digest()
        quality = ADJECTIVES[int.from_bytes(digest[:4]) % len(ADJECTIVES)]
        thing = NOUNS[int.from_bytes(digest[4:8]) % len(NOUNS)]
        if quality != thing:
            yield f"{quality} {thing}"
        count += 1


def current_keys() -> list[str]:
    """The site's anonymity keys: the one in force first."""
    keys: list[str] = current_app.config["ANONYMITY_KEYS"]
    return keys


def _hmac(key: str, purpose: str, message: str) -> str:
    return hmac.digest(_derived(key, purpose), message.encode(), "sha256").hex()


@lru_cache(maxsize=64)
def _derived(key: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"full-duplex", info=purpose.encode()).derive(key.encode())
