"""Names that people see: cleaned of what nobody sees, and never one by which somebody passes for somebody else.

Two names are compared by their skeletons: what is left when characters that look alike are one (the idea of Unicode
Technical Standard 39). So "Fiоna  MacKay" with a Cyrillic letter is "Fiona MacKay".
"""

import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from forum import anonymity, text
from forum.accounts.models import Member
from forum.accounts.queries import names_of_representatives_and_staff
from forum.accounts.signals import name_chosen
from forum.site import site_name

MAX_TYPED_LENGTH = 400
# Marks on one letter: more than any language needs pile up over other lines.
_MARK = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(f"({_MARK}{{3}}){_MARK}+")
_ADDRESS = re.compile(r"[@/\\]|www\.|\w[.\u3002]\w{2,}|\w:\S", re.IGNORECASE)
# Words of staff and of the site itself: within a name, and as whole words. "Administrator" is a common job title.
TITLE_STEM = "moderat"
STAFF_STEMS = (TITLE_STEM, "administrat")
STAFF_WORDS = ("admin", "admins", "staff", "mod")
SITE_STEMS = ("anonym", "former member", "deleted member")
MIN_CONTAINED_LENGTH = 6
BADGE_HINT = "Staff have a badge beside their names that nobody can type."


def clean_name(typed: str) -> str:
    """Return a name or title on one line, without characters that nobody sees and without piles of marks."""
    capped = _MARKS.sub(r"\1", text.normalize("NFD", text.without_format(typed[:MAX_TYPED_LENGTH])))
    return text.single_line(capped)


def skeleton(name: str) -> list[str]:
    """Return the words of a name as they look: lower case, no accents, characters that look alike as one."""
    compatible = text.normalize("NFKC", text.without_invisible(name[:MAX_TYPED_LENGTH]))
    plain = text.normalize("NFKD", compatible.translate(_lookalikes()))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    folded = letters.casefold().translate(_lookalikes()).replace("rn", "m").replace("vv", "w")
    return re.findall(r"[^\W_]+", folded)


def key_of(name: str) -> str:
    """Return the skeleton of a name without the spaces between its words."""
    return "".join(skeleton(name))


def name_error(name: str, member: Member | None = None) -> str | None:
    """Return why a member can't be called so, or None."""
    words, key = skeleton(name), key_of(name)
    if has_address(name):
        return "This looks like an e-mail or web address. Enter the name people should see."
    if title := title_error(name):
        return title
    if any(key_of(stem) in key for stem in (*STAFF_STEMS, *SITE_STEMS)) or not set(words).isdisjoint(
        map(key_of, STAFF_WORDS)
    ):
        return f"This name looks like one that the site uses. {BADGE_HINT}"
    pairs = {first + second for first, second in pairwise(words)}
    if not _alias_keys().isdisjoint({*words, *pairs}):
        return "This looks like the alias of an anonymous post. Add a middle name or an initial."
    own_id = member.id if member is not None else None
    if any(is_like(name, other) for member_id, other in names_of_representatives_and_staff() if member_id != own_id):
        return "This is too close to the name of a moderator or a vendor's representative. Add a middle name."
    return next((message for _, message in name_chosen.send(name) if message), None)


def has_address(name: str) -> bool:
    """Return whether a mail program could make a link of a part of the name."""
    return _ADDRESS.search(text.normalize("NFKC", name)) is not None


def title_error(title: str) -> str | None:
    """Return why nobody but staff may have this as a title, company or country, or None."""
    key, site = key_of(title), key_of(site_name())
    if key_of(TITLE_STEM) in key or (len(site) > 3 and site in key):
        return f"This looks as if you were staff of this site. {BADGE_HINT}"
    return None


def is_like(name: str, other: str) -> bool:
    """Return whether a name looks like another one, or contains it if that has several words."""
    key, other_key = key_of(name), key_of(other)
    has_words = len(skeleton(other)) > 1 and len(other_key) >= MIN_CONTAINED_LENGTH
    return bool(other_key) and (other_key in key if has_words else other_key == key)


@cache
def _lookalikes() -> dict[int, str]:
    """Return a table for str.translate. Also alike: i, l, 1 and |; o and 0."""
    table = {ord(character): "i" for character in "Iil1|!"} | {ord("0"): "o", ord("O"): "o"}
    for line in (Path(__file__).parent / "confusables.txt").read_text().splitlines():
        if not line.startswith("#"):
            letter, characters = line.split(" ")
            table |= {ord(character): "i" if letter in "il1" else letter for character in characters}
    return table


@cache
def _alias_keys() -> frozenset[str]:
    adjectives, nouns = map(key_of, anonymity.ADJECTIVES), [*map(key_of, anonymity.NOUNS)]
    return frozenset(adjective + noun for adjective in adjectives for noun in nouns)
