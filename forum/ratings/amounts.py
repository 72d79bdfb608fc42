"""Numbers and sums of money as people write them: 3500, 3,500, 3.500,00 €, CHF 3'500.-, 3 500 kr."""

import re
from typing import NamedTuple

from forum.ratings.criteria import EURO_RATES

MAX_LENGTH = 40
# What stands for a currency besides its code. Some signs stand for several.
SIGNS = {
    "€": ("EUR",),
    "euro": ("EUR",),
    "euros": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "CAD", "AUD"),
    "us$": ("USD",),
    "ca$": ("CAD",),
    "a$": ("AUD",),
    "r$": ("BRL",),
    "fr": ("CHF",),
    "sfr": ("CHF",),
    "kr": ("SEK", "NOK", "DKK"),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "ft": ("HUF",),
    "lei": ("RON",),
    "₺": ("TRY",),
    "tl": ("TRY",),
    "₹": ("INR",),
    "rs": ("INR",),
    "¥": ("JPY",),
    "₦": ("NGN",),
    "dh": ("MAD",),
} | {code.casefold(): (code,) for code in EURO_RATES}
_PARTS = re.compile(r"([^\d]*)(\d[\d.,' ]*?) ?(?:[.,]?[-–—]{1,2})?([^\d]*)")
# Digits, or groups of three with one and the same sign between them; then cents, behind another sign, which are zero.
_NUMBER = re.compile(r"(\d+)(?:[.,]00?)?|([1-9]\d{0,2}(?:([.,' ])\d{3})(?:\3\d{3})*)(?:(?!\3)[.,]00?)?")


class Amount(NamedTuple):
    """A sum, and the currencies that what was written with it can stand for: none when nothing was."""

    number: int
    currencies: tuple[str, ...]


def parse_amount(typed: str) -> Amount | None:
    """Return a sum of money without cents, or None for anything else."""
    plain = " ".join(typed.replace("’", "'").split())
    parts = _PARTS.fullmatch(plain) if len(plain) <= MAX_LENGTH else None
    number = _NUMBER.fullmatch(parts[2]) if parts else None
    if parts is None or number is None:
        return None
    signs = [sign for sign in (parts[1].strip().casefold(), parts[3].strip(" .").casefold()) if sign]
    candidates = [SIGNS.get(sign.removesuffix("."), ()) for sign in signs]
    currencies = tuple(code for code in EURO_RATES if candidates and all(code in codes for codes in candidates))
    if signs and not currencies:
        return None
    return Amount(int(re.sub(r"\D", "", number[1] or number[2])), currencies)


def parse_euros(typed: str) -> int | None:
    """Return a sum in euros, or None for anything else."""
    amount = parse_amount(typed)
    return amount.number if amount and (not amount.currencies or "EUR" in amount.currencies) else None


def parse_whole_number(typed: str) -> int | None:
    """Return a whole number, or None for anything else."""
    amount = parse_amount(typed)
    return amount.number if amount and not amount.currencies else None
