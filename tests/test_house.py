"""The rules of the house. A failure here is about where code stands and how it reads, not about what it does.

Each rule is a function over a source, and each must find a planted fault. `python -m tests.style` lists every place.
"""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import style

ROOT = Path(__file__).parent.parent
# From the ground up: a room imports from rooms on lower floors, and from itself.
FLOORS = [
    "config sqlite_files markdown markdown_writer postgres replica value_lists write_lock",
    "access_protocols db domains text dates anonymity diffs gateway job_queue limit_storage links signed_tokens sockets",
    "jobs mail_bounces page_values schema versions word_lists",
    "direct_reads site_cache",
    "site page_cache nodes job_runs chains storage turns mail_transport request_metrics error_tracking direct_statements",
    "affiliation serving",
    "access clients cursors headers inserts mail urls",
    "assets forms messages rate_limits submissions",
    "templating errors",
    "device_drafts fragments mail_senders read_only",
    "backup web",
    "accounts legal",
    "vendors",
    "ratings",
    "posts",
    "search",
    "notifications",
    "moderation",
    "pages admin imports demo",
    "__init__",
    "commands",
    "cli",
]
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms.split()}
# The same inside the rooms with sub-packages: a file or folder imports only from lines above its own.
ORDER = {
    "moderation": [
        "kinds models rules signals",
        "queries standard_texts wording",
        "cases own_decision_queries",
        "notices",
        "evidence",
        "decisions listeners",
        "flags jobs log representatives spam staff_mail",
        "queue",
        "setup",
    ],
    "ratings": [
        "criteria figure_types",
        "amounts charts models",
        "forms queries",
        "actions",
        "scores views",
        "estimates formatting",
        "directions setup",
    ],
    "posts": [
        "authored signals",
        "models rows",
        "recount_queries",
        "recounts",
        "anonymous comment_queries draft_queries item_queries mentions merging official_queries row_html scheduled_queries "
        "tags visibility",
        "queries",
        "chain_queries feed_queries pinned_queries rating_cards related_queries",
        "screening",
        "writing",
        "actions comment_actions useful_views",
        "draft_actions official_actions scheduled_actions thread_html thread_moves",
        "thread_pages versions",
        "jobs submission_checks",
        "signature_forms",
        "forms",
        "previews",
        "form_pages official_forms reply_forms",
        "draft_views official_views post_pages preview_views scheduled_views",
        "comment_views rating_views views",
        "setup",
    ],
    "pages": [
        "costs saved sitemaps",
        "anonymity_views branding_views feed_views home_filters leaving ranking status_views",
        "home_pages open_data tag_pages vendor",
        "views",
        "representative_dashboard_views",
        "setup",
    ],
}
SOURCES = sorted((ROOT / "forum").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if path.suffix in (".html", ".xml", ".txt"))
MAY_COMMIT = re.compile(r"(.*_)?views\.py|jobs\.py|job_runs\.py|mail\.py|submissions\.py")
MAY_SELECT = re.compile(r"(.*_)?queries\.py|db\.py|mail\.py|site\.py|write_lock\.py")
# Files that may be longer, and names that may be vague, with the reason.
LONG_FILES = {
    "forum/access.py": "every rule of access is in this file",
    "tests/test_migrations.py": "each revision is tried up and down, with rows in the tables",
}
VAGUE = dict.fromkeys(("deals_kept", "validate_deals_kept"), "a criterion, whose key is part of the open data")
MAX_SHARE_OF_ANY = 0.08


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "forum").with_suffix("").parts[0]


def part_of(path: Path) -> str:
    """Return the file or folder of its room that a path belongs to, such as "notices" in moderation."""
    return path.relative_to(ROOT / "forum").with_suffix("").parts[1]


@functools.cache
def imports(source: str) -> list[tuple[str, bool]]:
    """Return (dotted name, whether it is inside a function) for every import."""
    tree = style.parse(source)
    inside = {id(node) for outer in ast.walk(tree) if isinstance(outer, ast.FunctionDef) for node in ast.walk(outer)}
    rows = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rows += [(name, id(node) in inside) for name in names]
    return rows


def rooms_imported(source: str) -> Iterator[tuple[str, bool]]:
    """Yield (room, whether the import is inside a function) for every import of the project."""
    for name, inside in imports(source):
        parts = name.split(".")
        if parts[0] == "forum":
            yield (parts[1] if len(parts) > 1 and parts[1] in FLOOR else "__init__"), inside


def upward(room: str, source: str) -> list[str]:
    return [other for other, _ in rooms_imported(source) if other != room and FLOOR[other] >= FLOOR[room]]


def against_order(room: str, part: str, source: str) -> list[str]:
    """Return the parts of its own room that a part imports although they are not below it."""
    level = {name: n for n, names in enumerate(ORDER[room]) for name in names.split()}
    names = (name.split(".") for name, _ in imports(source) if name.startswith(f"forum.{room}."))
    parts = {name[2] for name in names if name[2] in level}
    return [other for other in sorted(parts - {part}) if level[other] >= level[part]]


def hidden(source: str) -> list[str]:
    return [other for other, inside in rooms_imported(source) if inside]


def commits(name: str, source: str) -> bool:
    return "session.commit(" in source and not MAY_COMMIT.fullmatch(name)


def selects(name: str, source: str) -> bool:
    return bool(re.search(r"(?<!\w)select\(", source)) and not MAY_SELECT.fullmatch(name)


def uses_request(name: str, source: str) -> bool:
    """Return whether actions, queries or models use the request or current_user."""
    lower = name.endswith(("actions.py", "queries.py", "models.py"))
    return lower and bool(re.search(r"\bcurrent_user\b|from flask import [^\n]*\brequest\b", source))


def asks_for_get(name: str, source: str) -> bool:
    """Return whether a view acts unless the method is GET: Flask sends HEAD there too. Only POST acts."""
    return name.endswith("views.py") and bool(re.search(r'request\.method (?!== "POST"|in SAFE_METHODS)', source))


def trusts_text(source: str) -> list[str]:
    return re.findall(r"\.author\b|\|\s*safe\b|style=\"|<script>|\son\w+=\"", source)


def share_of_any(paths: list[Path]) -> float:
    rows = [style.annotations(path) for path in paths]
    return sum(len(places) for _, places in rows) / sum(count for count, _ in rows)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_keeps_the_rules_of_its_floor(path: Path) -> None:
    source, room = path.read_text(), room_of(path)
    assert upward(room, source) == []
    assert hidden(source) == []
    assert room == "commands" or not commits(path.name, source)
    assert not selects(path.name, source)
    assert not uses_request(path.name, source)
    assert not asks_for_get(path.name, source)
    assert ast.get_docstring(style.parse(source)), "a module opens with a sentence that says what is here"
    if room in ORDER and path.parent.name != "forum" and path.name != "__init__.py":
        parts = " ".join(ORDER[room]).split()
        assert part_of(path) in parts, "a new part of a room has its place in ORDER"
        assert against_order(room, part_of(path), source) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_names_people_by_byline_and_trusts_no_text(path: Path) -> None:
    assert trusts_text(path.read_text()) == []


def test_no_file_is_longer_than_300_lines() -> None:
    places = [place for path in SOURCES + TESTS for place in style.long_files(path)]
    assert [str(place) for place in places if relative(place.path) not in LONG_FILES] == []


def test_no_function_is_longer_than_30_lines() -> None:
    places = [place for path in SOURCES + TESTS for place in style.long_functions(path)]
    assert [str(place) for place in places] == []


def test_no_line_of_a_template_is_longer_than_140_columns() -> None:
    assert [str(place) for path in TEMPLATES for place in style.long_lines(path)] == []


def test_no_name_is_vague() -> None:
    places = [place for path in SOURCES + TESTS for place in style.vague_names(path)]
    assert [str(place) for place in places if place.text not in VAGUE] == []


def test_less_than_8_percent_of_the_annotations_are_any() -> None:
    assert share_of_any(SOURCES) < MAX_SHARE_OF_ANY


def test_every_public_function_has_types_and_every_package_is_packed() -> None:
    untyped = []
    for path in SOURCES:
        for node in style.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is None:
                untyped.append(f"{path.name}:{node.name}")
    assert untyped == []
    packed = (ROOT / "setup.cfg").read_text()
    for package in {path.parent for path in SOURCES}:
        name = ".".join(package.relative_to(ROOT).parts)
        assert re.search(rf"^    {re.escape(name)}$", packed, re.M), f"{name} is missing from setup.cfg"


@pytest.mark.parametrize(
    "fault",
    [
        upward("vendors", "from forum.posts.models import Post"),
        upward("accounts", "from forum import create_app"),
        upward("urls", "from forum.forms import Form"),
        against_order("moderation", "notices", "from forum.moderation.decisions.actions import decide"),
        against_order("moderation", "flags", "from forum.moderation.log import queries"),
        against_order("posts", "models", "from forum.posts import queries"),
        hidden("def f():\n    from forum.posts.models import Post\n"),
        commits("actions.py", "db.session.commit()"),
        commits("queries.py", "db.session.commit()"),
        selects("views.py", "rows = select(Post)"),
        selects("actions.py", "rows = db.select(Post)"),
        uses_request("actions.py", "from flask import request"),
        uses_request("comment_queries.py", "x = current_user.id"),
        asks_for_get("views.py", 'if request.method == "GET":'),
        asks_for_get("views.py", 'if request.method != "POST":'),
        trusts_text("{{ post.author.name }}"),
        trusts_text("{{ post.body | safe }}"),
        trusts_text('<p style="color: red">'),
        trusts_text('<button onclick="x()">'),
    ],
)
def test_each_rule_finds_a_planted_fault(fault: object) -> None:
    assert fault


PLANTED = """
class Told: ...
def f(given: Any, *, mark: Any) -> Any:
    for one in given: rows = [kept for kept in one]
    self.what_is_left = rows
    with open(mark) as somebody: pass
"""


def test_each_measure_finds_a_planted_fault(tmp_path: Path) -> None:
    path = tmp_path / "planted.py"
    path.write_text(PLANTED)
    vague = {place.text for place in style.vague_names(path)}
    assert vague == {"Told", "given", "one", "kept", "what_is_left", "somebody"}
    assert share_of_any([path]) == 1
    assert style.long_files(path, 5) and style.long_functions(path, 3) and not style.long_functions(path, 4)
    assert [place.line for place in style.long_lines(path, 40)] == [4]


def test_rooms_register_themselves_and_only_the_factory_calls_them() -> None:
    importers = {path.name for path in SOURCES if re.search(r"\.setup import|import setup\b", path.read_text())}
    assert importers == {"__init__.py"}
    with_blueprints = {room_of(path) for path in SOURCES if "Blueprint(" in path.read_text()}
    assert {path.parent.name for path in SOURCES if path.name == "setup.py"} >= with_blueprints
