"""The CSV file: its columns, reading what spreadsheets save, and writing what they can open without harm.

A file has one row per tier, lowest first. What belongs to the vendor stands in its first row and may be repeated.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from forum import text
from forum.vendors.catalogue_actions import REQUIREMENTS

VENDOR_COLUMNS = ("vendor", "category", "description", "other_names", "domains", "retired")
COLUMNS = (*VENDOR_COLUMNS, "programme", "tier", *REQUIREMENTS)
MAX_FILE_BYTES = 900_000
MAX_ROWS = 5_000
ROWS_IN_PIECE = 500
DELIMITERS = ",;\t"
# A spreadsheet takes a cell that begins like this for a formula, which can run programs or send data away.
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


class CellError(NamedTuple):
    """What is wrong with a cell, or with a whole line ("" as column)."""

    line: int
    column: str
    message: str

    def text(self) -> str:
        """Return the error with its place."""
        return f"Line {self.line}{f', {self.column}' if self.column else ''}: {self.message}"


class FileErrors(ValueError):
    """The file can't be imported as it is."""

    def __init__(self, *errors: CellError) -> None:
        super().__init__("; ".join(error.text() for error in errors))
        self.errors = list(errors)


class Row(NamedTuple):
    """A line of the file: its number, and its cells by column. A column that the file lacks is missing."""

    line: int
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        """Return what a cell says, "" when it is empty or missing."""
        return self.cells.get(column, "")


def read_rows(data: bytes) -> list[Row]:
    """Return the rows of a CSV file, without empty ones. Raise FileErrors."""
    content = _decode(data)
    offset = 1 if re.match(r"sep=.\s*\n", content) else 0  # what Excel writes to say which separator it used
    lines = list(io.StringIO(content))[offset:]
    if not "".join(lines).strip():
        raise FileErrors(CellError(1, "", "The file is empty."))
    reader = csv.reader(lines, delimiter=max(DELIMITERS, key=lines[0].count))
    numbered = _numbered(reader, offset)
    _, heading = next(numbered)
    columns = _columns(heading, offset + 1)
    rows = []
    for line, cells in numbered:
        if len(cells) > len(columns):
            raise FileErrors(CellError(line, "", f"This line has {len(cells)} cells for {len(columns)} columns."))
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(columns) - len(cells))]
            rows.append(Row(line, {name: _plain(cell) for name, cell in zip(columns, padded, strict=True)}))
    if len(rows) > MAX_ROWS:
        message = f"There are {len(rows):,} rows. Split the file into parts of at most {MAX_ROWS:,}."
        raise FileErrors(CellError(rows[MAX_ROWS].line, "", message))
    return rows


def write_rows(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a CSV file with our columns in pieces; no cell is taken for a formula."""
    safe_rows = ([f"'{cell}" if FORMULA.match(cell) else cell for cell in row] for row in rows)
    remaining = chain([COLUMNS], safe_rows)
    while part := list(islice(remaining, ROWS_IN_PIECE)):
        stream = io.StringIO()
        csv.writer(stream).writerows(part)
        yield stream.getvalue()


def split_items(cell: str) -> list[str]:
    """Return the items of a cell that holds several, separated by | or by line breaks."""
    items = cell.split("\n" if "\n" in cell else "|")
    return [line for item in items if (line := text.single_line(item))]


def join_items(items: Iterable[str]) -> str:
    """Return the cell from which `split_items` reads these items."""
    names = list(items)
    return "\n".join([*names, ""]) if any("|" in name for name in names) else " | ".join(names)


def _decode(data: bytes) -> str:
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        content = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = "This is not UTF-8. In a spreadsheet, save the file as “CSV UTF-8”."
        raise FileErrors(CellError(line, "", message)) from None
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _numbered(reader: Iterator[list[str]], offset: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line of the file in which it begins."""
    line = offset + 1
    try:
        for cells in reader:
            yield line, cells
            line = offset + reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise FileErrors(CellError(line, "", f"This can't be read as CSV: {error}.")) from None


def _columns(heading: list[str], line: int) -> list[str]:
    columns = [re.sub(r"[\s_-]+", "_", cell.strip().lower()) for cell in heading]
    while columns and not columns[-1]:
        columns.pop()
    expected = f"The columns are: {', '.join(COLUMNS)}. “vendor” is required, the others are optional."
    errors = [CellError(line, name or "a column without a name", expected) for name in columns if name not in COLUMNS]
    errors += [CellError(line, name, "Two columns have this name.") for name in _repeated(columns)]
    if "vendor" not in columns:
        errors.append(CellError(line, "vendor", f"The first line must name the columns. {expected}"))
    if errors:
        raise FileErrors(*errors)
    return columns


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1 and name in COLUMNS})


def _plain(cell: str) -> str:
    """Return what a cell says: the apostrophe that keeps it from being a formula is none of it."""
    typed = text.clean(cell)
    return typed[1:] if typed.startswith("'") and FORMULA.match(typed) else typed
