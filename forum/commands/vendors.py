"""`forum vendors`: the catalogue as a CSV file."""

from pathlib import Path

import click

from forum.admin.catalogue.actions import import_catalogue, preview_import
from forum.admin.catalogue.export import export_catalogue
from forum.admin.catalogue.files import FileErrors
from forum.commands.context import in_app
from forum.db import db, reading, writing


@click.group("vendors")
def vendors() -> None:
    """Export or import the catalogue of vendors as CSV."""


@vendors.command("export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@in_app(reading)
def export(file: Path) -> None:
    """Write all vendors, their names, domains, programmes and tiers to FILE, or to standard output."""
    with click.open_file(str(file), "w", encoding="utf-8") as stream:
        stream.write(export_catalogue())


@vendors.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--trend-notes", is_flag=True, help="Show changed requirements in the public trend, from today.")
@in_app(writing)
def import_file(file: Path, dry_run: bool, trend_notes: bool) -> None:
    """Add and change vendors as FILE says. Nothing is removed, and a file with an error changes nothing."""
    data = file.read_bytes()
    try:
        if dry_run:
            report = preview_import(data, has_trend_notes=trend_notes)
        else:
            report = import_catalogue(data, None, has_trend_notes=trend_notes)
            db.session.commit()
    except FileErrors as error:
        lines = "\n".join(item.text() for item in error.errors)
        raise click.ClickException(f"Nothing was imported.\n{lines}") from None
    for change in report.changes:
        click.echo(f"line {change.line}: {change.vendor}: {change.words}")
    click.echo(
        f"{'Would import' if dry_run else 'Imported'}: {report.summary()}" if report.changes else "Nothing to change."
    )
