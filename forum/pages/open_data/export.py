"""Open data: published snapshots as rows and as JSON, with their date and licence.

Columns and keys are a public format: they do not change.
"""

from collections.abc import Iterable, Iterator, Mapping

from forum.dates import format_iso
from forum.pages.open_data.queries import OpenDataRow
from forum.ratings.figure_types import Figures

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
COLUMNS = [
    *("vendor", "category", "published", "tier", "measure", "organisations", "not_offered", "mean", "low", "high"),
    *("stars_1", "stars_2", "stars_3", "stars_4", "stars_5", "median", "quartile_1", "quartile_3"),
]
CsvRow = dict[str, object]


def csv_rows(row: OpenDataRow, tier_names: Mapping[int, str]) -> Iterator[CsvRow]:
    """Yield a vendor's snapshot as one row per measure, of all organisations and of each published tier."""
    figures = row.snapshot.figures
    if figures is None:
        return
    head: CsvRow = {"vendor": row.slug, "category": row.category, "published": format_iso(row.snapshot.published_at)}
    yield from _measure_rows(head | {"tier": ""}, figures)
    for tier_id, tier_figures in figures["tiers"].items():
        yield from _measure_rows(head | {"tier": tier_names.get(int(tier_id), "a former tier")}, tier_figures)


def _measure_rows(head: CsvRow, figures: Figures) -> Iterator[CsvRow]:
    for measure, stars in figures["stars"].items():
        yield {
            **head,
            "measure": measure,
            "organisations": stars["n"],
            "not_offered": stars["none"],
            **{f"stars_{i}": n for i, n in enumerate(stars["counts"] or [], 1)},
            "mean": stars["mean"],
            "low": stars["low"],
            "high": stars["high"],
        }
    again = figures["again"]
    yield {
        **head,
        "measure": "would_partner_again",
        "organisations": again["n"],
        "mean": round(again["yes"] / again["n"], 2),
        "low": again["low"],
        "high": again["high"],
    }
    for key, ask in figures["asks"].items():
        yield {
            **head,
            "measure": key,
            "organisations": ask["n"],
            "median": ask["median"],
            "quartile_1": ask.get("q1"),
            "quartile_3": ask.get("q3"),
        }


def json_document(rows: Iterable[OpenDataRow], tier_names: Mapping[int, str]) -> dict[str, object]:
    """Return all snapshots as one document."""
    return {
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "what": "Published snapshots. A figure counts organisations; below five there is none. Money is in EUR a year.",
        "vendors": [
            {
                "vendor": row.slug,
                "name": row.name,
                "category": row.category,
                "published": format_iso(row.snapshot.published_at),
                "organisations": row.snapshot.organisations,
                "ratings": row.snapshot.ratings,
                "figures": _without_deviation(row.snapshot.figures, tier_names) if row.snapshot.figures else None,
            }
            for row in rows
        ],
    }


def _without_deviation(figures: Figures, tier_names: Mapping[int, str]) -> dict[str, object]:
    """Return the figures without standard deviations, and with tiers by name."""
    stars = {
        measure: {key: value for key, value in values.items() if key != "sd"}
        for measure, values in figures["stars"].items()
    }
    document: dict[str, object] = {**figures, "stars": stars}
    if "tiers" in figures:
        document["tiers"] = {
            tier_names.get(int(tier_id), tier_id): _without_deviation(tier_figures, tier_names)
            for tier_id, tier_figures in figures["tiers"].items()
        }
    return document
