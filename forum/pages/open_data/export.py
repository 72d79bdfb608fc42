"""Open data: published snapshots as rows and as JSON, with their date and licence."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forum.dates import format_iso

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
COLUMNS = [
    *("vendor", "category", "published", "tier", "measure", "organisations", "not_offered", "mean", "low", "high"),
    *("stars_1", "stars_2", "stars_3", "stars_4", "stars_5", "median", "quartile_1", "quartile_3"),
]


def csv_rows(row: Any, tiers: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """A vendor's snapshot as one row a measure, of everybody and of each published tier."""
    head = {"vendor": row.slug, "category": row.category, "published": format_iso(row.Snapshot.published_at)}
    figures = row.Snapshot.figures
    yield from _rows(head | {"tier": ""}, figures)
    for tier_id, told in figures["tiers"].items():
        yield from _rows(head | {"tier": tiers.get(int(tier_id), "a former tier")}, told)


def _rows(head: dict[str, Any], figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for measure, stars in figures["stars"].items():
        counts = {f"stars_{i}": n for i, n in enumerate(stars["counts"] or [], 1)}
        said = {"organisations": stars["n"], "not_offered": stars["none"]}
        yield head | {"measure": measure} | said | counts | {k: stars[k] for k in ("mean", "low", "high")}
    again = figures["again"]
    share = round(again["yes"] / again["n"], 2)
    said = {"organisations": again["n"], "mean": share, "low": again["low"], "high": again["high"]}
    yield head | {"measure": "would_partner_again"} | said
    for key, ask in figures["asks"].items():
        found = {"organisations": ask["n"], "median": ask["median"]}
        yield head | {"measure": key} | found | {"quartile_1": ask.get("q1"), "quartile_3": ask.get("q3")}


def json_document(rows: Iterable[Any], tiers: Mapping[int, str]) -> dict[str, Any]:
    """All snapshots as one document."""
    return {
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "what": "Published snapshots. A figure counts organisations; below five there is none. Money is in EUR a year.",
        "vendors": [
            {
                "vendor": row.slug,
                "name": row.name,
                "category": row.category,
                "published": format_iso(row.Snapshot.published_at),
                "organisations": row.Snapshot.organisations,
                "ratings": row.Snapshot.ratings,
                "figures": _without_deviation(row.Snapshot.figures, tiers),
            }
            for row in rows
        ],
    }


def _without_deviation(figures: Mapping[str, Any], tiers: Mapping[int, str]) -> dict[str, Any]:
    stars = {
        measure: {key: value for key, value in told.items() if key != "sd"}
        for measure, told in figures["stars"].items()
    }
    told = {key: value for key, value in figures.items() if key != "tiers"} | {"stars": stars}
    if "tiers" in figures:
        told["tiers"] = {
            tiers.get(int(tier_id), tier_id): _without_deviation(one, tiers)
            for tier_id, one in figures["tiers"].items()
        }
    return told
