"""Measure the style of the code: vague names, `Any`, long files, functions and template lines.

    python -m tests.style               the figures for forum/, templates/ and tests/
    python -m tests.style forum/posts   the same for some folders or files, with each place

test_house.py turns the figures that are rules into tests.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 30
MAX_TEMPLATE_COLUMNS = 140
# A name that is one of these says nothing: a participle, a pronoun or a filler instead of a noun.
VAGUE_NAMES = frozenset(
    """
    told found given said kept one own known made taken asked chosen shown meant stands beside besides together what
    whose who whoever nobody somebody anybody thing things gone done here there been heard mended rest another others
    spoken tells says gives asker those these stuff foo bar tmp data2 obj ones wanted tried seen sent left drawn sought
    sworn brought counted standing going apart alike twin within without
    """.split()
)
# No part of a longer name is one of these.
VAGUE_PARTS = frozenset(
    """
    told said kept given whoever nobody somebody anybody thing things gone heard mended beside besides together stands
    tells says asker what whose meant ones stir
    """.split()
)


class Place(NamedTuple):
    """A line that breaks a rule, and how."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.text}"


@cache
def parse(source: str) -> ast.Module:
    """Return the syntax tree of a source text: parsed once, however many rules look at it."""
    return ast.parse(source)


def defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, name) for every name that the source defines: functions, classes, parameters, variables, fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.lineno, node.name


def is_vague(name: str) -> bool:
    """Return whether a name is on the list, or has a part that is."""
    lowered = name.strip("_").lower()
    return lowered in VAGUE_NAMES or not VAGUE_PARTS.isdisjoint(lowered.split("_"))


def vague_names(path: Path) -> list[Place]:
    """Return the vague names that a file defines. The names of tests are sentences, so they do not count."""
    names = defined_names(parse(path.read_text()))
    return [Place(path, line, name) for line, name in names if is_vague(name) and not name.startswith("test_")]


def annotations(path: Path) -> tuple[int, list[Place]]:
    """Return how many annotations a file has, and those that are or contain `Any`."""
    count, rows = 0, []
    for node in ast.walk(parse(path.read_text())):
        slots: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            slots.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            slots.append(node.annotation)
        for slot in slots:
            if slot is None:
                continue
            count += 1
            text = ast.unparse(slot)
            if re.search(r"\bAny\b", text):
                rows.append(Place(path, slot.lineno, text))
    return count, rows


def long_files(path: Path, max_lines: int = MAX_FILE_LINES) -> list[Place]:
    """Return the file when it has more lines than allowed."""
    count = len(path.read_text().splitlines())
    return [Place(path, 1, f"{count} lines")] if count > max_lines else []


def long_functions(path: Path, max_lines: int = MAX_FUNCTION_LINES) -> list[Place]:
    """Return the functions with more lines than allowed, from `def` to the last statement."""
    return [
        Place(path, node.lineno, f"{node.name} ({(node.end_lineno or node.lineno) - node.lineno + 1} lines)")
        for node in ast.walk(parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or node.lineno) - node.lineno + 1 > max_lines
    ]


def long_lines(path: Path, max_columns: int = MAX_TEMPLATE_COLUMNS) -> list[Place]:
    """Return the lines of a template that are too long."""
    lines = path.read_text().splitlines()
    return [Place(path, n, f"{len(line)} columns") for n, line in enumerate(lines, 1) if len(line) > max_columns]


def files(places: Iterable[str], *suffixes: str) -> list[Path]:
    """Return the files with these suffixes among the given files and below the given folders, without data of tests."""
    paths: list[Path] = []
    for place in places:
        top = ROOT / place
        paths += [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file()]
    return sorted(path for path in paths if path.suffix in suffixes and ROOT / "tests" / "data" not in path.parents)


def main(places: list[str]) -> None:
    """Print the figures, and each place when folders or files are named."""
    sources = files(places or ["forum", "tests"], ".py")
    pages = files(places or ["templates"], ".html", ".xml", ".txt")
    names = sum(len(list(defined_names(parse(path.read_text())))) for path in sources)
    vague = [row for path in sources for row in vague_names(path)]
    annotated = [annotations(path) for path in sources if ROOT / "forum" in path.parents]
    total, with_any = sum(count for count, _ in annotated), [row for _, rows in annotated for row in rows]
    big = [row for path in sources for row in long_files(path)]
    functions = [row for path in sources for row in long_functions(path)]
    lines = [row for path in pages for row in long_lines(path)]
    all_lines = sum(len(path.read_text().splitlines()) for path in pages)
    print(f"vague names: {len(vague)} of {names} ({100 * len(vague) / max(names, 1):.1f} %)")
    print(f"annotations with Any (forum/): {len(with_any)} of {total} ({100 * len(with_any) / max(total, 1):.1f} %)")
    print(f"files over {MAX_FILE_LINES} lines: {len(big)}")
    print(f"functions over {MAX_FUNCTION_LINES} lines: {len(functions)}")
    print(f"template lines over {MAX_TEMPLATE_COLUMNS} columns: {len(lines)} of {all_lines}")
    if places:
        for row in vague + with_any + big + functions + lines:
            print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
