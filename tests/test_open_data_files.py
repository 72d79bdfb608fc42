"""Open data of all vendors in a large community: a job makes the files, and visits only send them."""

import gzip
from typing import Any

import pytest
from flask import Flask

from forum import versions
from forum.db import db
from forum.pages.open_data import actions, jobs, queries
from forum.pages.open_data.jobs import refresh_open_data
from forum.pages.open_data.models import OpenDataFile
from forum.vendors.catalogue_actions import update_vendor
from forum.vendors.models import Vendor
from tests.cached_site import GZIP, Site
from tests.published import make_published_vendor
from tests.query_counts import recorded_queries

FILES = ("/data/vendors.csv", "/data/vendors.json")


@pytest.fixture
def vendor(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    """Publish a vendor's scores, in a community that counts as large."""
    monkeypatch.setattr(jobs, "_made_at", {})
    monkeypatch.setattr(queries, "MAX_MADE_FOR_VISITS", 0)
    return make_published_vendor("Nordwall")


def rename(vendor: Vendor, name: str) -> None:
    update_vendor(vendor, name=name, description="", category=vendor.category)
    db.session.commit()


def stored_names() -> list[str]:
    content = db.session.get_one(OpenDataFile, "json").content
    db.session.rollback()
    return [name for name in ("Nordwall", "Second name", "Third name") if name.encode() in gzip.decompress(content)]


def test_until_the_job_has_run_a_visit_gets_503_and_is_told_when_to_retry(vendor: Vendor, browse: Any) -> None:
    for path in FILES:
        response = browse().get(path)
        assert response.status_code == 503 and response.headers["Retry-After"] == "600"
        assert "This file is not ready yet" in response.text and "Try again later." in response.text
    assert browse().get(f"/data/vendors/{vendor.slug}.json").status_code == 200


def test_the_job_makes_what_a_visit_of_a_small_community_gets(
    vendor: Vendor, browse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_open_data()
    for path in FILES:
        stored = [browse().get(path), browse().get(path, headers={"Accept-Encoding": "gzip"})]
        assert gzip.decompress(stored[1].data) == stored[0].data
        monkeypatch.setattr(queries, "MAX_MADE_FOR_VISITS", 50)
        visited = browse().get(path)
        assert visited.data == stored[0].data and visited.headers["Content-Type"] == stored[0].headers["Content-Type"]
        assert visited.headers.get("Content-Disposition") == stored[0].headers.get("Content-Disposition")
        monkeypatch.setattr(queries, "MAX_MADE_FOR_VISITS", 0)


def test_a_change_shows_when_the_job_has_run_again(vendor: Vendor, browse: Any) -> None:
    refresh_open_data()
    before = browse().get("/data/vendors.json").data
    rename(vendor, "Second name")
    assert browse().get("/data/vendors.json").data == before
    refresh_open_data()
    assert browse().get("/data/vendors.json").json["vendors"][0]["name"] == "Second name"


def test_a_visit_reads_no_snapshot(vendor: Vendor, browse: Any) -> None:
    refresh_open_data()
    with recorded_queries() as queries_of_visit:
        assert browse().get("/data/vendors.csv").status_code == 200
    assert not any("figures" in statement for statement in queries_of_visit)


def test_without_a_change_the_job_reads_no_table(vendor: Vendor) -> None:
    refresh_open_data()
    with recorded_queries() as queries_of_run:
        refresh_open_data()
    assert not queries_of_run


def test_a_slow_process_does_not_replace_newer_files(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    make_all_files = jobs.make_all_files

    def make_slowly() -> Any:
        files = make_all_files()
        monkeypatch.setattr(jobs, "make_all_files", make_all_files)
        rename(db.session.get_one(Vendor, vendor_id), "Second name")
        refresh_open_data()  # as the process of another machine does
        assert stored_names() == ["Second name"]
        return files

    vendor_id = vendor.id
    monkeypatch.setattr(jobs, "make_all_files", make_slowly)
    refresh_open_data()
    assert stored_names() == ["Second name"]


def test_while_versions_are_unknown_nothing_is_stored(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "current", lambda subjects: None)
    refresh_open_data()
    assert db.session.query(OpenDataFile).count() == 0


@pytest.mark.parametrize("path", FILES)
def test_an_uncompressed_file_is_streamed(
    vendor: Vendor, app: Flask, browse: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    refresh_open_data()
    site, content = Site(app), browse().get(path).data
    monkeypatch.setattr(actions, "PIECE", 1000)
    (status, headers, body), _ = site.get(path)
    assert status == 200 and body == content and max(site.piece_sizes) <= 1000 < len(content)
    assert dict(headers)["Content-Length"] == str(len(content)) and "no-store" not in dict(headers)["Cache-Control"]
    assert not site.is_cached(path) and not site.pages._pages
    (_, head_headers, nothing), _ = site.get(path, method="HEAD")
    assert {name: dict(head_headers)[name] for name in ("ETag", "Content-Length")} == {
        name: dict(headers)[name] for name in ("ETag", "Content-Length")
    } and not nothing
    for encoding in ((), (GZIP,)):
        (_, answer, _), _ = site.get(path, *encoding)
        assert site.get(path, *encoding, ("if-none-match", dict(answer)["ETag"]))[0][0] == 304
    site.pages._reader.close()
