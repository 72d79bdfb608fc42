"""The questions of a rating: criteria in stars, asks in numbers, deals, conflict of interest, currencies.

Keys are names of columns and form fields, and keys of stored snapshots and open data.
"""

from typing import NamedTuple

# The value of one answer, as a rating or a stored revision holds it.
Answer = int | bool | str | None

NOT_OFFERED = 0
THEMES = {"money": "Money", "people": "People", "time": "Time", "trust": "Trust"}


class Criterion(NamedTuple):
    """Something a vendor gives, rated 1 to 5; 0 is "not offered", None is skipped."""

    key: str
    label: str
    short_label: str
    theme: str
    question: str


CRITERIA = (
    Criterion(
        "discounts",
        "Discounts and special bids",
        "Discounts, bids",
        "money",
        "Were the prices better than without the status, and special bids answered?",
    ),
    Criterion("education", "Education", "Education", "people", "Are courses and labs worth the days they take?"),
    Criterion("seminars", "Seminars", "Seminars", "people", "Did your people come back from events knowing more?"),
    Criterion(
        "presentations",
        "Product presentations",
        "Presentations",
        "people",
        "Do they present to you and your customers, and well?",
    ),
    Criterion(
        "presales",
        "Pre-sales support",
        "Pre-sales",
        "time",
        "Does an engineer help before the sale, and know the product?",
    ),
    Criterion("responsiveness", "Responsiveness", "Responsiveness", "time", "Do they call back?"),
    Criterion(
        "demos", "Customer demos", "Customer demos", "time", "Do you get kit, labs or people for demos at a customer?"
    ),
    Criterion("beta", "Beta programmes", "Beta access", "time", "Can you test early, and does what you find count?"),
    Criterion(
        "deal_registration",
        "Deal registration honoured",
        "Deal protection",
        "trust",
        "Is a deal you registered still yours when it is ordered?",
    ),
    Criterion(
        "stable_terms", "Stable terms", "Stable terms", "trust", "Do you hear in good time before the rules change?"
    ),
    Criterion(
        "no_competing",
        "No competing with partners",
        "No competing",
        "trust",
        "Do they leave your customers to you instead of selling to them directly?",
    ),
)
CRITERION_KEYS = tuple(criterion.key for criterion in CRITERIA)


class Ask(NamedTuple):
    """Something a vendor asks, a whole number per year. `unit` is money, people or hours."""

    key: str
    label: str
    short_label: str
    form_label: str
    theme: str
    unit: str
    maximum: int


ASKS = (
    Ask("annual_fee", "Annual fee", "Annual fee", "Annual fee", "money", "money", 100_000_000),
    Ask(
        "revenue_commitment",
        "Revenue commitment",
        "Revenue",
        "Revenue commitment per year",
        "money",
        "money",
        1_000_000_000,
    ),
    Ask("certified_people", "Certified people", "Certified people", "Certified people", "people", "people", 10_000),
    Ask(
        "training_cost",
        "Training, per person",
        "Training each",
        "Training cost per person",
        "people",
        "money",
        1_000_000,
    ),
    Ask(
        "hours",
        "Webinars and beta tests",
        "Webinars, betas",
        "Webinars and beta tests, hours per year",
        "time",
        "hours",
        100_000,
    ),
)
ASK_KEYS = tuple(ask.key for ask in ASKS)

# Asked for, not charted. The first three are deals, the others special bids.
DEALS = {
    "deals_registered": "Deals registered",
    "deals_approved": "Approved",
    "deals_kept": "Still yours at the order",
    "bids_asked": "Special bids asked for",
    "bids_granted": "Granted",
    "bids_refused_tier": "Refused because of your tier",
    "bids_refused_registered": "Refused: another partner had registered",
}
INTERESTS = {
    "none": "None: I work for a partner, and not for one of these",
    "vendor": "I work for this vendor, its subsidiary or its agency",
    "competitor": "I work for a competitor of this vendor",
    "distributor": "I work for a distributor of this vendor",
}

# Euros per unit: round and fixed, so that a median does not move with exchange rates. Not for invoices.
EURO_RATES = {
    "EUR": 1.0,
    "GBP": 1.15,
    "USD": 0.9,
    "CHF": 1.05,
    "SEK": 0.09,
    "NOK": 0.085,
    "DKK": 0.134,
    "PLN": 0.23,
    "CZK": 0.04,
    "HUF": 0.0025,
    "RON": 0.2,
    "TRY": 0.025,
    "INR": 0.0105,
    "JPY": 0.006,
    "CAD": 0.65,
    "AUD": 0.58,
    "BRL": 0.16,
    "ZAR": 0.05,
    "NGN": 0.0006,
    "MAD": 0.093,
}
