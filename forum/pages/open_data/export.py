"""Open data: published figures as rows and as JSON, with their dates and licence.

Columns and keys are a public format. Those in force are from 2026-11-26: since then there is no count in the data.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from forum.dates import format_iso
from forum.pages.open_data.queries import OpenDataRow
from forum.ratings.figure_types import AskFigures, Figures, MeanFigures, ShareFigures, StarFigures

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
COLUMNS = [
    *("vendor", "category", "tier", "measure", "published", "organisations_band", "mean", "low", "high"),
    *("percent_1", "percent_2", "percent_3", "percent_4", "percent_5", "not_offered_percent"),
    *("percent", "percent_low", "percent_high", "median", "quartile_1", "quartile_3", "level"),
]
NOTES = (
    "Published figures. Each is made of at least five companies and has its own date. Numbers of companies are bands; "
    "means are rounded to 0.1, distributions to 10 %, shares to 5 %, facts to two digits. Money is in EUR a year."
)
CsvRow = dict[str, object]
Measure = StarFigures | MeanFigures | ShareFigures | AskFigures


def csv_text(rows: Iterable[OpenDataRow], tier_names: Mapping[int, str]) -> str:
    """Return published figures as CSV, one row per measure."""
    output = io.StringIO()
    writer = csv.DictWriter(output, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerows(csv_rows(row, tier_names))
    return output.getvalue()


def csv_rows(row: OpenDataRow, tier_names: Mapping[int, str]) -> Iterator[CsvRow]:
    """Yield a vendor's figures as one row per measure, of all organisations and of each published tier."""
    figures = row.snapshot.figures
    if figures is None:
        return
    head: CsvRow = {"vendor": row.slug, "category": row.category}
    yield from _measure_rows(head | {"tier": ""}, figures)
    for tier_id, tier_figures in figures.get("tiers", {}).items():
        yield from _measure_rows(head | {"tier": tier_names.get(int(tier_id), "a former tier")}, tier_figures)


def _measure_rows(head: CsvRow, figures: Figures) -> Iterator[CsvRow]:
    shares = {"would_partner_again": figures["again"], **{f"deals_{key}": row for key, row in figures["deals"].items()}}
    for measure, stars in figures["stars"].items():
        yield {
            **_mean_row(head, measure, stars),
            **{f"percent_{star}": percent for star, percent in enumerate(stars["shares"] or [], 1)},
            "not_offered_percent": stars["not_offered"],
        }
    if figures["all_asks"]:
        yield _mean_row(head, "all_asks", figures["all_asks"])
    for measure, share in shares.items():
        if share:
            percents = {"percent": share["share"], "percent_low": share["low"], "percent_high": share["high"]}
            yield _head(head, measure, share) | percents
    for measure, ask in figures["asks"].items():
        quartiles = {"quartile_1": ask.get("q1"), "quartile_3": ask.get("q3")}
        yield _head(head, measure, ask) | {"median": ask["median"], "level": ask["level"]} | quartiles


def _mean_row(head: CsvRow, measure: str, figures: StarFigures | MeanFigures) -> CsvRow:
    return _head(head, measure, figures) | {"mean": figures["mean"], "low": figures["low"], "high": figures["high"]}


def _head(head: CsvRow, measure: str, figures: Measure) -> CsvRow:
    return {
        **head,
        "measure": measure,
        "published": figures["published_at"],
        "organisations_band": figures["band"],
    }


def json_document(rows: Iterable[OpenDataRow], tier_names: Mapping[int, str]) -> dict[str, object]:
    """Return all published figures as one document."""
    return {
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "what": NOTES,
        "vendors": [
            {
                "vendor": row.slug,
                "name": row.name,
                "category": row.category,
                "published": format_iso(row.snapshot.published_at),
                "figures": _with_tier_names(row.snapshot.figures, tier_names) if row.snapshot.figures else None,
            }
            for row in rows
        ],
    }


def _with_tier_names(figures: Figures, tier_names: Mapping[int, str]) -> dict[str, object]:
    document: dict[str, object] = {**figures}
    if "tiers" in figures:
        document["tiers"] = {
            tier_names.get(int(tier_id), "a former tier"): tier_figures
            for tier_id, tier_figures in figures["tiers"].items()
        }
    return document
