"""Ratings: blueprint, jobs and template globals."""

from flask import Flask

from forum.ratings import views
from forum.ratings.charts.small import glyph, interval_chart, pips
from forum.ratings.charts.tiers import tier_key
from forum.ratings.formatting import format_amount, format_as_of, format_band, format_companies, format_euros
from forum.ratings.scores import jobs

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs,)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (views.bp,):
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        format_amount=format_amount,
        format_as_of=format_as_of,
        format_band=format_band,
        format_companies=format_companies,
        format_euros=format_euros,
        glyph=glyph,
        interval_chart=interval_chart,
        pips=pips,
        tier_key=tier_key,
    )
