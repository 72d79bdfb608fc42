"""`forum import`, `forum export`, `forum scores`, `forum search`: move content in and out, publish scores, index."""

import sys
from pathlib import Path
from typing import IO

import click
from sqlalchemy.exc import SQLAlchemyError

from forum.commands.context import in_app
from forum.db import db, reading, writing
from forum.imports.actions import import_wordpress
from forum.imports.archive import export_to
from forum.ratings.scores.actions import publish
from forum.search.actions import rebuild_index, store_words
from forum.search.word_queries import word_counts
from forum.turns import reading_apart


@click.group("scores")
def scores() -> None:
    """Publish scores."""


@scores.command("publish")
@in_app(writing)
def publish_scores() -> None:
    """Publish all scores that may appear now. The jobs do this every night."""
    outcome = publish(commit=db.session.commit)
    db.session.commit()
    click.echo(outcome.text())


@click.group("search")
def search() -> None:
    """Look after the index of search."""


@search.command("rebuild")
@in_app(writing)
def rebuild_search() -> None:
    """Index all posts and replies anew, and count the words that can be suggested."""
    count = rebuild_index(db.session.commit)
    with reading_apart(db.session.commit):
        counts = word_counts()
    store_words(counts, db.session.commit)
    db.session.commit()
    click.echo(f"Indexed {count:,} posts and replies.")


@click.group("import")
def importing() -> None:
    """Import posts and comments from another system."""


@importing.command("wordpress")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--drafts", is_flag=True, help="Also import what was not published; it stays hidden.")
@click.option("--dry-run", is_flag=True, help="Report what would be imported, and save nothing.")
@click.option("--invite", is_flag=True, help="Mail authors and commenters a link to claim what they wrote.")
@click.option("--addresses", type=click.File("w", "utf-8"), help="Write old and new addresses of every item as CSV.")
@click.option("--redirects", type=click.File("w", "utf-8"), help="Write a map for nginx that redirects old addresses.")
@in_app(writing)
def wordpress(
    file: Path, drafts: bool, dry_run: bool, invite: bool, addresses: IO[str] | None, redirects: IO[str] | None
) -> None:
    """Import a WordPress export (WXR). Running it again imports nothing twice."""
    if dry_run and redirects:
        raise click.UsageError("A dry run stores nothing, so there is nothing to redirect to. Leave out --redirects.")
    try:
        with click.progressbar(length=file.stat().st_size, label="Reading", file=sys.stderr) as progress_bar:
            report = import_wordpress(
                file,
                drafts=drafts,
                dry_run=dry_run,
                progress=lambda position, total: progress_bar.update(position - progress_bar.pos),
                commit=db.session.commit,
                invite=invite,
                addresses=addresses,
                redirects=redirects,
            )
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None
    except SQLAlchemyError as error:
        advice = "Nothing was saved." if dry_run else "What was imported is saved. Run it again to import the rest."
        raise click.ClickException(f"Database error: {getattr(error, 'orig', error)}. {advice}") from None
    click.echo(report.text())
    if report.failed:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@in_app(reading)
def export(file: Path) -> None:
    """Export all public content as JSON Lines to FILE, or to standard output."""
    with click.open_file(str(file), "w", encoding="utf-8") as stream:
        count = export_to(stream)
    click.echo(f"{count:,} rows.", err=True)
