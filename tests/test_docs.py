"""The documentation names the settings, commands and links that exist."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from forum.cli import main
from forum.config import Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


def test_the_table_lists_every_setting_with_its_default_and_no_other() -> None:
    documented = dict(re.findall(r"^\| `(FORUM_[A-Z_]+)` \|(.*?)\| .+ \|$", RUNNING, re.M))
    documented = {name: default.strip("` ") for name, default in documented.items()}
    assert documented == {f"FORUM_{field.name.upper()}": str(field.default) for field in fields(Settings)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_settings_that_exist(page: Path) -> None:
    names = {f"FORUM_{field.name.upper()}" for field in fields(Settings)} | {"FORUM_TEST_POSTGRES_URL"}
    assert set(re.findall(r"\bFORUM_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))) <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_commands_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    # At the start of a line of commands, in a span of code, or with the folder it is installed in.
    for words in re.findall(r"(?:^ {4}|`|/bin/)forum ([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)", text, re.M):
        assert command_for(words.split()), f"{page.name}: forum {words}"


def command_for(words: list[str]) -> bool:
    command: click.Command | None = main.commands.get(words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        command = command.commands.get(words[1])
    return command is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_another_page_leads_somewhere(page: Path) -> None:
    for path, place in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {path}"
        if place:
            assert place in anchors(target), f"{page.name}: {path}#{place}"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings: lower case, hyphens for spaces."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
