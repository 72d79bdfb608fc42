"""Where imported posts are now: the list of addresses, the redirect map, links between texts, captions."""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from forum.db import db
from forum.imports.addresses import normalized_address
from forum.imports.content import convert_body
from forum.imports.models import ImportedAddress
from forum.posts.actions import delete_post
from forum.urls import key_text
from tests.commands import Forum, create_tables
from tests.wordpress import DATA, comment, export_with, import_file, imported_post, item, thread_of

LINKED = (
    'A <a href="https://made.example/2015/second/?utm_source=x#more">link</a>, https://made.example/?p=2 and '
    '<a href="/2015/second/#comment-7">a reply</a>, <a href="https://made.example/about">about</a>.'
)


def linked_item(number: int, link: str, *comments: str, body: str = "What happened.") -> str:
    return item(number, *comments, body=body).replace("<wp:post_id>", f"<link>{link}</link><wp:post_id>")


def two_posts(tmp_path: Path) -> Path:
    return export_with(
        tmp_path,
        linked_item(1, "https://made.example/2015/first/", body=LINKED),
        linked_item(2, "https://www.made.example/2015/second/", comment(7, body="See https://made.example/2015/first")),
    )


def path_to(number: int) -> str:
    post = imported_post(f"made.example post {number}")
    return f"/posts/{key_text(post.id)}/{post.slug}"


def test_links_between_posts_and_replies_lead_to_where_they_are_now(app: Flask, tmp_path: Path) -> None:
    report = import_file(two_posts(tmp_path))
    first, second = imported_post("made.example post 1"), imported_post("made.example post 2")
    reply = thread_of(second)[0]
    assert f"[link]({path_to(2)})" in first.body and f"[Number 2]({path_to(2)})" in first.body
    assert f"[a reply](/replies/{key_text(reply.id)})" in first.body
    assert "[about](https://made.example/about)" in first.body, "what was not imported stays a link to the blog"
    assert f'href="{path_to(1)}"' in reply.body_html and "Number 2" in first.excerpt
    assert report.links == 4 and "4 now lead to the new addresses" in report.text()
    assert import_file(two_posts(tmp_path)).links == 0


def test_a_link_to_a_post_of_a_later_file_follows_when_that_is_imported(app: Flask, tmp_path: Path) -> None:
    import_file(export_with(tmp_path, linked_item(1, "https://made.example/a/", body="https://made.example/b")))
    assert "made.example/b" in imported_post("made.example post 1").body
    import_file(export_with(tmp_path, linked_item(2, "https://made.example/b/")))
    assert imported_post("made.example post 1").body == f"[Number 2]({path_to(2)})"


def test_a_text_that_somebody_edited_keeps_its_links(app: Flask, tmp_path: Path) -> None:
    import_file(export_with(tmp_path, linked_item(1, "https://made.example/a/", body="https://made.example/b")))
    post = imported_post("made.example post 1")
    post.edited_at = post.created_at
    db.session.commit()
    assert import_file(export_with(tmp_path, linked_item(2, "https://made.example/b/"))).links == 0


def rows_of(file: Path | str, **options: Any) -> tuple[Any, list[dict[str, str]]]:
    stream = io.StringIO()
    report = import_file(file, addresses=stream, **options)
    return report, list(csv.DictReader(io.StringIO(stream.getvalue())))


def test_the_list_has_a_row_for_each_item_with_both_addresses(app: Flask, tmp_path: Path) -> None:
    file = export_with(
        tmp_path,
        linked_item(1, "https://made.example/a/", comment(5), comment(6, approved="spam")),
        linked_item(2, "https://made.example/about/", comment(8)).replace(
            ">post</wp:post_type>", ">page</wp:post_type>"
        ),
    )
    _, rows = rows_of(file)
    reply = thread_of(imported_post("made.example post 1"))[0]
    assert [tuple(row.values()) for row in rows] == [
        ("post", "1", "https://made.example/a/", f"http://localhost{path_to(1)}", "imported"),
        ("comment", "6", "https://made.example/a/#comment-6", "", "skipped: spam"),
        (
            "comment",
            "5",
            "https://made.example/a/#comment-5",
            f"http://localhost/replies/{key_text(reply.id)}",
            "imported",
        ),
        ("page", "2", "https://made.example/about/", "", "skipped: page"),
        ("comment", "8", "https://made.example/about/#comment-8", "", "skipped: under a skipped item"),
    ]
    delete_post(imported_post("made.example post 1"))
    db.session.commit()
    _, again = rows_of(file)
    assert [(row["new_address"], row["outcome"]) for row in again if row["kind"] == "post"] == [("", "deleted here")]
    dry = rows_of(export_with(tmp_path, item(9)), dry_run=True)[1]
    assert [row["new_address"] for row in dry] == [""]


@pytest.mark.parametrize("file", sorted(path.name for path in DATA.glob("*.xml")))
def test_every_item_of_a_file_is_counted_and_listed(app: Flask, file: str) -> None:
    for _ in range(2):
        report, rows = rows_of(file, drafts=True)
        assert report.unaccounted == 0
        assert len(rows) == report.items + report.item_comments - report.comments_skipped["twice in the file"]
        assert "Unaccounted" not in report.text()


def test_no_cell_of_the_list_is_a_formula(app: Flask, tmp_path: Path) -> None:
    _, rows = rows_of(export_with(tmp_path, item(1, kind="=cmd()")))
    assert rows[0]["kind"] == "'=cmd()"


def test_the_map_redirects_paths_and_numbers_of_public_posts(app: Flask, tmp_path: Path) -> None:
    stream = io.StringIO()
    strange = "https://made.example/B&quot;\\caf%C3%A9;%20$x/"
    import_file(
        export_with(tmp_path, linked_item(1, "https://made.example/a/"), linked_item(2, strange), item(3)),
        redirects=stream,
    )
    lines = stream.getvalue().splitlines()
    for key in ("/a", "/a/", "?p=1"):
        assert f'"{key}" "http://localhost{path_to(1)}";' in lines
    assert f'"/b\\"\\\\café; $x" "http://localhost{path_to(2)}";' in lines
    assert len(lines) == len({re.match(r'"(?:[^"\\]|\\.)*"', line)[0] for line in lines}) == 7  # type: ignore[index]
    imported_post("made.example post 1").hidden_at = imported_post("made.example post 1").created_at
    db.session.commit()
    stream = io.StringIO()
    import_file(export_with(tmp_path, item(3)), redirects=stream)
    assert '"/a"' not in stream.getvalue() and '"?p=2"' in stream.getvalue()


@pytest.mark.skipif(not shutil.which("nginx") and not Path("/usr/sbin/nginx").exists(), reason="no nginx here")
def test_nginx_reads_the_map_as_the_documentation_includes_it(app: Flask, tmp_path: Path) -> None:
    with (tmp_path / "blog.map").open("w") as stream:
        strange = "https://made.example/B&quot;\\caf%C3%A9;%20$x/"
        import_file(export_with(tmp_path, linked_item(1, "https://made.example/" + "a" * 300), linked_item(2, strange)))
        import_file(export_with(tmp_path, item(3)), redirects=stream)
    documented = Path("docs/importing.md").read_text()
    block = re.search(r"    map_hash_bucket_size.*?\n    \}\n", documented, re.S)
    assert block is not None
    http = block[0].replace("/etc/nginx/blog.map", str(tmp_path / "blog.map"))
    http = http.replace("listen 80;", f"listen unix:{tmp_path}/socket;")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{http}}}\n")
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [nginx, "-t", "-e", str(tmp_path / "log"), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Made.example/2015/A%20b/", "made.example/2015/a b"),
        ("http://made.example/?p=12&utm=x", "made.example?p=12"),
        ("http://made.example/?p=x", "made.example"),
        ("http://made.example/%0a", None),
        ("ftp://made.example/", None),
        ("http://[", None),
        ("https://made.example/" + "x" * 600, None),
    ],
)
def test_addresses_are_compared_in_one_form(url: str, expected: str | None) -> None:
    assert normalized_address(url) == expected


@pytest.mark.parametrize(
    "source",
    [
        'Before [caption id="a" width="3"]<a href="https://a.example/x.png"><img src="https://a.example/x.png" '
        'alt="Alt" /></a> The <em>bill</em>[/caption] after',
        'Before [caption width="3" caption="The bill"]<img src="https://a.example/x.png" alt="Alt" />[/caption] after',
        '<!-- wp:image --><p>Before</p><figure><img src="https://a.example/x.png" alt="Alt"/><figcaption class="c">'
        "The bill</figcaption></figure><p>after</p>",
    ],
)
def test_a_caption_stands_apart_from_picture_and_text(source: str) -> None:
    paragraphs = convert_body(source).markdown.replace("*", "").split("\n\n")
    assert paragraphs == ["Before", "[Alt](https://a.example/x.png)", "The bill", "after"]


def test_the_command_writes_list_and_map_and_a_dry_run_no_map(
    forum: Forum, environ: dict[str, str], tmp_path: Path
) -> None:
    create_tables(forum, environ)
    file, addresses, redirects = two_posts(tmp_path), str(tmp_path / "list.csv"), str(tmp_path / "blog.map")
    refused = forum("import", "wordpress", str(file), "--dry-run", "--redirects", redirects)
    assert refused.exit_code == 2 and "nothing to redirect to" in refused.output
    result = forum("import", "wordpress", str(file), "--addresses", addresses, "--redirects", redirects)
    assert result.exit_code == 0 and "The file: 2 items with 1 comment." in result.output
    assert len(Path(addresses).read_text().splitlines()) == 4 and '"/2015/first/"' in Path(redirects).read_text()


def test_addresses_go_with_their_post(app: Flask, tmp_path: Path) -> None:
    import_file(export_with(tmp_path, linked_item(1, "https://made.example/a/")))
    db.session.delete(imported_post("made.example post 1"))
    db.session.commit()
    assert db.session.query(ImportedAddress).count() == 0
