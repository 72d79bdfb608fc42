"""Figures as text: money, intervals and differences, and the sentences beside a score."""

from datetime import date

from forum.dates import MONTHS
from forum.ratings.criteria import CRITERIA, Ask
from forum.ratings.figure_types import AskFigures, Figures, MeanFigures, ShareFigures, StarFigures, is_early

MEASURE_LABELS = {criterion.key: criterion.label for criterion in CRITERIA} | {
    "worth": "Worth the effort",
    "all_gives": "All it gives",
    "all_asks": "All it asks",
}
NUMBER_WORDS = "none one two three four five six seven eight nine ten eleven twelve".split()
# A mean below the first number is put in these words.
VERDICTS = (
    (2.0, "Partners find the status not worth it."),
    (2.75, "Partners find the status hardly worth it."),
    (3.25, "Partners are divided on whether the status is worth it."),
    (4.0, "Partners find the status mostly worth it."),
)
BEST_VERDICT = "Partners find the status clearly worth it."
# The 90 % interval of a fairly certain mean is at most this wide.
MAX_CERTAIN_WIDTH = 1.0


def format_euros_short(value: float) -> str:
    """Return "€18,000", "€240k" or "€1.5m": short enough for a label."""
    whole = round(value)
    if abs(whole) >= 1_000_000:
        return f"€{whole / 1e6:.1f}m".replace(".0m", "m")
    if abs(whole) >= 100_000:
        return f"€{whole / 1000:.0f}k"
    return f"€{whole:,}"


def format_euros(value: float) -> str:
    """Return "€18,000" or "−€1,500,000"."""
    return f"{'−' if value < 0 else ''}€{abs(round(value)):,}"


def format_amount(ask: Ask, value: float) -> str:
    """Return an amount of what is asked, in its own unit."""
    if ask.unit == "money":
        return format_euros_short(value)
    return f"{round(value)} h/yr" if ask.unit == "hours" else f"{round(value)}"


def format_interval(low: float, high: float) -> str:
    """Return "2.8–3.5"."""
    return f"{low:.1f}–{high:.1f}"


def format_difference(value: float) -> str:
    """Return "+0.4" or "−0.4"."""
    return f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0: no "−0.0"


def format_band(band: str) -> str:
    """Return "10–14" for a band of organisations."""
    return band.replace("-", "–")


def format_companies(band: str) -> str:
    """Return "10–14 companies"."""
    return f"{format_band(band)} companies"


def format_as_of(published_at: str) -> str:
    """Return "2 Nov 2026" for a measure's own date, an ISO day."""
    day = date.fromisoformat(published_at[:10])
    return f"{day.day} {MONTHS[day.month - 1][:3]} {day.year}"


def publication_stage(worth: StarFigures | None) -> str:
    """Return "thin" (no figures), "early" or "ranked" for the figures of "worth it"."""
    if worth is None:
        return "thin"
    return "early" if is_early(worth) else "ranked"


def latest_day(figures: Figures) -> str | None:
    """Return the latest date of any measure shown, an ISO day, or None when there is none."""
    rows: list[StarFigures | AskFigures | ShareFigures | MeanFigures | None] = [
        *figures["stars"].values(),
        *figures["asks"].values(),
        *figures["deals"].values(),
        figures["again"],
        figures["all_asks"],
    ]
    return max((row["published_at"] for row in rows if row), default=None)


def number_word(n: int) -> str:
    """Return a number up to twelve as a word, a larger one in digits."""
    return NUMBER_WORDS[n] if n < len(NUMBER_WORDS) else str(n)


def strongest_and_weakest(figures: Figures) -> tuple[str, str] | None:
    """Return the criteria with the highest and lowest mean, as "pre-sales support (3.9)"; None with fewer than two."""
    means = [(stars["mean"], c.key) for c in CRITERIA if (stars := figures["stars"].get(c.key))]
    if len(means) < 2:
        return None
    (highest, best_key), (lowest, worst_key) = max(means), min(means)
    return f"{_lowercase_label(best_key)} ({highest:.1f})", f"{_lowercase_label(worst_key)} ({lowest:.1f})"


def verdict_sentence(mean: float, low: float, high: float) -> str:
    """Return what partners say about "worth it", and how certain the mean is."""
    verdict = next((sentence for limit, sentence in VERDICTS if mean < limit), BEST_VERDICT)
    certainty = "Uncertain: few or divided ratings." if high - low > MAX_CERTAIN_WIDTH else "Fairly certain."
    return f"{verdict} {certainty}"


def _lowercase_label(key: str) -> str:
    return MEASURE_LABELS[key][0].lower() + MEASURE_LABELS[key][1:]
