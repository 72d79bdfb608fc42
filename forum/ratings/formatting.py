"""Figures in words: how money, intervals and counts are written, and the sentences that stand beside a score."""

from collections.abc import Mapping
from typing import Any

from forum.ratings.criteria import CRITERIA, Ask
from forum.ratings.scores.disclosure import RANKED_FROM, K

MEASURE_LABELS = {criterion.key: criterion.label for criterion in CRITERIA} | {
    "worth": "Worth the effort",
    "all_gives": "All it gives",
    "all_asks": "All it asks",
}
NUMBER_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def format_euros_short(value: float) -> str:
    """€18,000 or €1.5m: what fits in a label."""
    whole = round(value)
    if abs(whole) >= 1_000_000:
        return f"€{whole / 1e6:.1f}m".replace(".0m", "m")
    if abs(whole) >= 100_000:
        return f"€{whole / 1000:.0f}k"
    return f"€{whole:,}"


def format_euros(value: float) -> str:
    """€18,000 or €1,500,000, minus as −."""
    return f"{'−' if value < 0 else ''}€{abs(round(value)):,}"


def format_amount(ask: Ask, value: float) -> str:
    """What is asked, in its own unit."""
    if ask.unit == "money":
        return format_euros_short(value)
    return f"{round(value)} h/yr" if ask.unit == "hours" else f"{round(value)}"


def format_interval(low: float, high: float) -> str:
    """2.8–3.5"""
    return f"{low:.1f}–{high:.1f}"


def format_difference(value: float) -> str:
    """+0.4 or −0.4"""
    return f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0: no "−0.0"


def publication_stage(organisations: int | None) -> str:
    """How far a vendor's figures carry: "thin", "early" or "ranked"."""
    if organisations is None or organisations < K:
        return "thin"
    return "early" if organisations < RANKED_FROM else "ranked"


def number_word(n: int) -> str:
    """Small numbers in words."""
    return NUMBER_WORDS[n] if n < len(NUMBER_WORDS) else str(n)


def strongest_and_weakest(figures: Mapping[str, Any]) -> tuple[str, str] | None:
    """The criteria with the highest and the lowest mean, each with it: "pre-sales support (3.9)"."""
    known = [(stars["mean"], key) for key, stars in figures["stars"].items() if key in _criteria and stars["mean"]]
    if len(known) < 2:
        return None
    (best, best_key), (worst, worst_key) = max(known), min(known)
    return f"{_lowered(best_key)} ({best:.1f})", f"{_lowered(worst_key)} ({worst:.1f})"


def verdict_sentence(mean: float, low: float, high: float) -> str:
    """One sentence: what partners say, and how sure the figure is."""
    said = (
        "not worth the effort"
        if mean < 2
        else "hardly worth the effort"
        if mean < 2.75
        else "worth the effort to some and not to others"
        if mean < 3.25
        else "mostly worth the effort"
        if mean < 4
        else "clearly worth the effort"
    )
    sure = "Few ratings or divided ones: the figure is rough." if high - low > 1.0 else "The figure is fairly firm."
    return f"Partners find the status {said}. {sure}"


_criteria = {criterion.key for criterion in CRITERIA}


def _lowered(key: str) -> str:
    return MEASURE_LABELS[key][0].lower() + MEASURE_LABELS[key][1:]
