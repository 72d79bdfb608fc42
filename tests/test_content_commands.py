"""The commands that import, export and back up."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from forum.urls import key_text
from tests.wordpress import DATA, comment, export_with, imported_post, item


def forum(instance: Path, database: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The `forum` command in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    environment |= {"FORUM_DATABASE_URL": database, "FORUM_INSTANCE": str(instance)}
    command = [sys.executable, "-m", "forum.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_blog_is_imported_by_one_command_and_can_be_read(
    app: Flask, browse: Callable[..., Any], tmp_path: Path
) -> None:
    place = (app.config["INSTANCE"], app.config["SQLALCHEMY_DATABASE_URI"])
    result = forum(*place, "import", "wordpress", DATA / "wxr-1.1.xml")
    assert result.returncode == 0, result.stderr
    assert "Posts: 2 imported, 0 already here, 6 skipped" in result.stdout
    page = browse().get("/").text
    assert "Deal registration: who was first?" in page
    post = imported_post("talk.example post 1")
    page = browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text
    for words in ("They had registered on Friday.", "Jo Brandt", "What I answer is gone.", "a former member", "2011"):
        assert words in page
    assert page.index("The first.") < page.index("An answer to the answer.") < page.index("What I answer is gone.")
    assert "jo@talk.example" not in page
    result = forum(*place, "export", tmp_path / "archive.jsonl")
    assert result.returncode == 0, result.stderr
    assert sum('"kind":"comment"' in line for line in (tmp_path / "archive.jsonl").read_text().splitlines()) == 7


@pytest.mark.slow
def test_a_refused_file_ends_the_command_with_a_message(tmp_path: Path) -> None:
    result = forum(tmp_path, "", "import", "wordpress", DATA / "entity-bomb.xml")
    assert result.returncode == 1
    assert "has a DOCTYPE" in result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_an_impossible_backup_ends_the_command_with_a_message(tmp_path: Path) -> None:
    (tmp_path / "copy").touch()
    result = forum(tmp_path, "", "backup", tmp_path / "copy")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "already exists" in result.stderr


# Runs a command and prints its resource use: a child of pytest itself would be measured with pytest's memory.
MEASURE = """
import resource, subprocess, sys
process = subprocess.run(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(process.returncode, used.ru_maxrss // 1024, round(used.ru_utime))
"""


@pytest.mark.slow
def test_two_hundred_megabytes_are_imported_with_less_than_three_hundred_of_memory(tmp_path: Path) -> None:
    big, words = tmp_path / "big.xml", "Nobody called back, and the lead went elsewhere. " * 20
    with big.open("w") as file:
        head, tail = export_with(tmp_path).read_text().split("</channel>")
        file.write(head)
        file.writelines(item(number, body=words * 1000, kind="page") for number in range(150))
        for number in range(1000, 1200):
            file.write(item(number, *(comment(number * 10 + n) for n in range(5)), body=f"<p>{words}</p>" * 10))
        before, after = item(5000, comment(1)).split("<wp:comment>", 1)
        file.write(before)
        file.writelines(comment(20_000 + n, body=words * 3, approved="spam") for n in range(15_000))
        file.write(f"<wp:comment>{after}</channel>{tail}")
    assert big.stat().st_size > 190_000_000
    environment = os.environ | {"FORUM_INSTANCE": str(tmp_path / "instance")}
    command = [sys.executable, "-m", "forum.cli"]
    subprocess.run([*command, "db", "upgrade"], env=environment, check=True, capture_output=True)
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, *command, "import", "wordpress", str(big)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Posts: 201 imported, 0 already here, 150 skipped (150 pages)." in result.stdout
    assert "Replies: 1,001 imported, 0 already here, 15,000 skipped (15,000 spam)." in result.stdout
    status, megabytes, seconds = map(int, result.stdout.split()[-3:])
    print(f"{big.stat().st_size / 1e6:.0f} MB: {megabytes} MB of memory, {seconds} s of processor time")
    assert status == 0
    assert megabytes < 300
    assert seconds < 60
