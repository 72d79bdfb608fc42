"""The rules of the house. A failure here is about where code stands, not about what it does.

Each rule is a function over source text, and each is shown a planted fault that it must find.
"""

import ast
import functools
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import forum

ROOT = Path(__file__).parent.parent
# From the ground up: a room imports from rooms on lower floors, and from itself.
FLOORS = [
    "config",
    "access_protocols db text dates anonymity jobs serving links signed_tokens",
    "site job_runs backup chains",
    "affiliation",
    "access cursors headers mail urls",
    "assets forms rate_limits submissions",
    "templating errors",
    "web",
    "accounts",
    "vendors",
    "ratings",
    "posts",
    "notifications",
    "moderation",
    "pages admin imports demo",
    "__init__",
    "commands",
    "cli",
]
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms.split()}
SOURCES = sorted((ROOT / "forum").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if path.suffix in (".html", ".xml", ".txt"))
MAY_COMMIT = re.compile(r"(.*_)?views\.py|jobs\.py|job_runs\.py|mail\.py|submissions\.py")
MAY_SELECT = re.compile(r"(.*_)?queries\.py|db\.py|mail\.py|site\.py")


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "forum").with_suffix("").parts[0]


def rooms_imported(source: str) -> Iterator[tuple[str, bool]]:
    """(room, whether the import hides inside a function) for every import of ours."""
    tree = ast.parse(source)
    inside = {id(node) for outer in ast.walk(tree) if isinstance(outer, ast.FunctionDef) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "forum":
                yield (parts[1] if len(parts) > 1 and parts[1] in FLOOR else "__init__"), id(node) in inside


def upward(room: str, source: str) -> list[str]:
    return [other for other, _ in rooms_imported(source) if other != room and FLOOR[other] >= FLOOR[room]]


def hidden(source: str) -> list[str]:
    return [other for other, inside in rooms_imported(source) if inside]


def commits(name: str, source: str) -> bool:
    return "session.commit(" in source and not MAY_COMMIT.fullmatch(name)


def selects(name: str, source: str) -> bool:
    return bool(re.search(r"(?<!\w)select\(", source)) and not MAY_SELECT.fullmatch(name)


def view_knows_request_below(name: str, source: str) -> bool:
    """Actions and queries know no request and no current_user."""
    lower = name.endswith(("actions.py", "queries.py", "models.py"))
    return lower and bool(re.search(r"\bcurrent_user\b|from flask import [^\n]*\brequest\b", source))


def trusts_text(source: str) -> list[str]:
    return re.findall(r"\.author\b|\|\s*safe\b|style=\"|<script>|\son\w+=\"", source)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_the_rules_of_its_floor(path: Path) -> None:
    source = path.read_text()
    assert upward(room_of(path), source) == []
    assert hidden(source) == []
    assert room_of(path) == "commands" or not commits(path.name, source)
    assert not selects(path.name, source)
    assert not view_knows_request_below(path.name, source)
    assert ast.get_docstring(ast.parse(source)), "a module opens with a sentence that says what is here"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_names_people_by_byline_and_trusts_no_text(path: Path) -> None:
    assert trusts_text(path.read_text()) == []


def test_functions_stay_short() -> None:
    long = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 45:
                long.append(f"{path.name}:{node.name}")
    assert long == []


def test_every_public_function_has_types_and_every_package_is_packed() -> None:
    bare = []
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is None:
                bare.append(f"{path.name}:{node.name}")
    assert bare == []
    packed = (ROOT / "setup.cfg").read_text()
    for package in {path.parent for path in SOURCES}:
        name = ".".join(package.relative_to(ROOT).parts)
        assert re.search(rf"^    {re.escape(name)}$", packed, re.M), f"{name} is missing from setup.cfg"


@pytest.mark.parametrize(
    "fault",
    [
        upward("vendors", "from forum.posts.models import Post"),
        upward("accounts", "from forum import create_app"),
        upward("text", "from forum.web import require"),
        upward("urls", "from forum.forms import Form"),
        hidden("def f():\n    from forum.posts.models import Post\n"),
        commits("actions.py", "db.session.commit()"),
        commits("queries.py", "db.session.commit()"),
        selects("views.py", "rows = select(Post)"),
        selects("actions.py", "rows = db.select(Post)"),
        view_knows_request_below("actions.py", "from flask import request"),
        view_knows_request_below("comment_queries.py", "x = current_user.id"),
        trusts_text("{{ post.author.name }}"),
        trusts_text("{{ post.body | safe }}"),
        trusts_text('<p style="color: red">'),
        trusts_text('<button onclick="x()">'),
    ],
)
def test_each_rule_finds_a_planted_fault(fault: object) -> None:
    assert fault


def test_every_module_is_reached_by_its_dotted_name() -> None:
    """`import forum.a.b as x` fails where another object, such as a blueprint, has taken the name of a package."""
    hidden_modules = []
    for found in pkgutil.walk_packages(forum.__path__, "forum."):
        module = importlib.import_module(found.name)
        if functools.reduce(getattr, found.name.split(".")[1:], forum) is not module:
            hidden_modules.append(found.name)
    assert hidden_modules == []


def test_rooms_register_themselves_and_only_the_factory_calls_them() -> None:
    importers = {path.name for path in SOURCES if re.search(r"\.setup import|import setup\b", path.read_text())}
    assert importers == {"__init__.py"}
    with_blueprints = {room_of(path) for path in SOURCES if "Blueprint(" in path.read_text()}
    assert {path.parent.name for path in SOURCES if path.name == "setup.py"} >= with_blueprints
