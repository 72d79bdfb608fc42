"""The catalogue as CSV: a round trip changes nothing, a dry run tells exactly what an import does, errors have a place."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from forum.accounts.models import Member
from forum.admin.catalogue.actions import import_catalogue, preview_import
from forum.admin.catalogue.export import export_catalogue
from forum.admin.catalogue.files import FileErrors, join_items, read_rows, split_items, write_rows
from forum.db import db
from forum.moderation.models import Decision
from forum.vendors.actions import add_programme, propose_vendor
from forum.vendors.catalogue_actions import add_alias, add_related_domain
from forum.vendors.models import Programme, ProgrammeChange, Tier, Vendor
from forum.vendors.queries import vendor_by_name
from tests.commands import Forum, create_tables, inside
from tests.factories import make_category, make_member, make_vendor
from tests.query_counts import recorded_queries

HEADING = "vendor,category,description,other_names,domains,programme,tier,certified_people,annual_fee\n"
FILE = HEADING + (
    "Nordwall,security,Firewalls,NW | Northern Wall,nordwall.example | subsidiary: labs.example,Partners,Silver,2,500\n"
    'Nordwall,,,,,Partners,Gold,4,"1,500"\n'
)


@pytest.fixture(autouse=True)
def security(request: pytest.FixtureRequest) -> None:
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        make_category(slug="security", name="Security")


def words(data: str) -> list[str]:
    return [change.words for change in preview_import(data.encode()).changes]


def places(data: str | bytes) -> list[tuple[int, str]]:
    """Return line and column of each error of a file."""
    with pytest.raises(FileErrors) as caught:
        preview_import(data.encode() if isinstance(data, str) else data)
    return [(error.line, error.column) for error in caught.value.errors]


def import_and_commit(data: str, staff: Member | None = None) -> None:
    import_catalogue(data.encode(), staff)
    db.session.commit()


def test_an_import_adds_vendors_with_all_that_belongs_to_them_and_again_changes_nothing(app: Flask) -> None:
    import_and_commit(FILE)
    vendor = vendor_by_name("northern wall")
    assert vendor is not None and vendor.name == "Nordwall" and vendor.accepted_at and vendor.description == "Firewalls"
    assert {(entry.domain, entry.relation) for entry in vendor.domains} == {
        ("nordwall.example", "own"),
        ("labs.example", "subsidiary"),
    }
    tiers = [(tier.name, tier.position, tier.certified_people, tier.annual_fee) for tier in vendor.programmes[0].tiers]
    assert tiers == [("Silver", 0, 2, 500), ("Gold", 1, 4, 1500)]
    assert not db.session.query(ProgrammeChange).count(), "setting tiers up is no news in the trend"
    assert words(FILE) == [] and words(export_catalogue()) == []
    assert db.session.query(Decision).filter_by(target_label="a vendor").count() == 1


def test_exporting_and_importing_again_changes_nothing_however_odd_the_catalogue(app: Flask) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold", "=Silver"), description="=1+1, “quoted” | and; more")
    for alias in ("+Plus", "-Minus", "@At", "'=Quoted", "One | Two", "Grün & Söhne"):
        add_alias(vendor, alias)
    for domain in ("nordwall.example", "xn--mller-it-65a.example"):
        add_related_domain(vendor, domain, "agency")
    db.session.add(Programme(vendor_id=vendor.id, name="Nordwall Partners", slug="nordwall-partners-2"))
    add_programme(vendor, "★", [("A", None, None, None, None)])
    make_vendor("Eastline")
    propose_vendor(name="Waiting", category=vendor.category, website="gmail.com", programme="X", description="")
    db.session.commit()
    db.session.expire_all()
    exported = export_catalogue()
    assert words(exported) == [] and "müller-it.example" in exported and "Waiting" not in exported
    assert words("\ufeff" + exported.replace("\n", "\r\n")) == []


def test_no_cell_of_an_export_is_a_formula_and_each_is_read_as_it_was(app: Flask) -> None:
    cells = ["=cmd()", "+1", "-1", "@x", "\tx", "'=x", "'plain", "a=b"]
    written = "".join(write_rows([[cell] for cell in cells]))
    assert all(not re.match(r'"?[=+\-@\t]', line) for line in written.splitlines())
    assert [row.cell("vendor") for row in read_rows(written.encode())] == cells


@given(st.lists(st.text(alphabet="a|=' -", min_size=1).map(str.strip).filter(bool), max_size=4))
def test_a_cell_of_several_items_is_read_as_it_was_written(items: list[str]) -> None:
    names = [" ".join(item.split()) for item in items]
    assert split_items(join_items(names)) == names


def test_what_spreadsheets_save_is_read(app: Flask) -> None:
    content = "Vendor;Category;Annual Fee;Programme;Tier\r\nHalcyon;Security;1.500,00 €;Partners;Gold\r\n\r\n;;;;\r\n"
    expected = ["new vendor in Security", "new programme Partners", "Partners: new tier Gold (annual fee 1,500)"]
    encodings = [content.encode(), content.encode("utf-8-sig"), content.encode("utf-16")]
    for data in (*encodings, b"sep=;\r\n" + content.encode(), content.replace(";", "\t").encode()):
        assert [change.words for change in preview_import(data).changes] == expected


def test_errors_name_line_and_column_and_all_are_listed_at_once(app: Flask) -> None:
    make_vendor("Eastline", aliases=["EL"])
    bad = (
        HEADING
        + "X,security,,,,,,,\n"
        + 'Nordwall,printing,"two\nlines",EL,not a domain,,Gold,many,\n'
        + "Halcyon,,,,gmail.com,P,Gold,,1.5\n"
        + "Lakeside,security,,,,P,Gold,,\nLakeside,security,,,,P,gold,,\n"
    )
    assert places(bad) == [
        (2, "vendor"),
        (3, "category"),
        (3, "certified_people"),
        (3, "certified_people"),
        (3, "domains"),
        (3, "tier"),
        (5, "annual_fee"),
        (5, "category"),
        (7, "tier"),
    ]
    assert places(HEADING + "Halcyon,security,,EL,gmail.com,,,,\n") == [(2, "domains"), (2, "other_names")]
    assert not db.session.query(Vendor).filter(Vendor.name != "Eastline").count()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", (1, "")),
        (b"\n\n", (1, "")),
        (b"vendor\nCaf\xe9\n", (2, "")),
        (b"name,category\nNordwall,security\n", (1, "name")),
        (b"vendor,vendor\nA,B\n", (1, "vendor")),
        (b"vendor\nNordwall,security\n", (2, "")),
        (b"vendor\n" + b"x" * 200_000 + b"\n", (2, "")),
        (b"vendor\n" + b"Nordwall\n" * 5001, (5002, "")),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_file_that_is_none_of_ours_says_where(app: Flask, data: bytes, place: tuple[int, str]) -> None:
    assert place in places(data)


def test_changes_of_what_exists_are_shown_with_old_and_new_and_what_is_missing_stays(app: Flask) -> None:
    import_and_commit(FILE)
    version = vendor_by_name("Nordwall").version  # type: ignore[union-attr]
    changed = "vendor,programme,tier,annual_fee\nNW,Partners,Gold,2000\nNW,Partners,Platinum,\nNW,Partners,Silver,500\n"
    assert words(changed) == [
        "Partners: Gold: annual fee 1,500 → 2,000 EUR",
        "Partners: new tier Platinum",
        "Partners: tiers from the lowest: Gold, Platinum, Silver",
    ]
    import_catalogue(changed.encode(), None, has_trend_notes=True)
    db.session.commit()
    vendor = vendor_by_name("Nordwall")
    assert vendor is not None and vendor.version > version and vendor.description == "Firewalls"
    assert [tier.name for tier in vendor.programmes[0].tiers] == ["Gold", "Platinum", "Silver"]
    assert [row.summary for row in db.session.query(ProgrammeChange)] == ["Gold: annual fee 1,500 → 2,000 EUR"]
    assert db.session.query(Tier).filter_by(name="Gold").one().certified_people == 4, "no column, no change"


def test_a_dry_run_changes_nothing_and_costs_as_many_queries_for_many_rows_as_for_one(app: Flask) -> None:
    make_vendor("Eastline")
    many = HEADING + "".join(f"Vendor {n},security,,V{n},v{n}.example,P,Gold,1,2\n" for n in range(200))
    costs = []
    for content in (FILE, many):
        with recorded_queries() as statements:
            words(content)
        costs.append(len(statements))
    assert costs[0] == costs[1]
    db.session.commit()
    assert db.session.query(Vendor).count() == 1 and not db.session.query(Decision).count()


def upload(reader: Any, content: str) -> Any:
    file = (io.BytesIO(content.encode()), "vendors.csv")
    return reader.post("/admin/catalogue", data={"file": file}, content_type="multipart/form-data")


def apply(reader: Any, page: str) -> Any:
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("packed", "fingerprint")}  # type: ignore[index]
    return reader.post("/admin/catalogue", data=fields | {"intent": "apply"})


def test_an_admin_sees_what_a_file_would_change_before_it_is_imported(app: Flask, browse: Any) -> None:
    admin = browse(make_member(role="admin"))
    preview = upload(admin, FILE)
    assert preview.status_code == 200 and "new tier Gold" in preview.text and not db.session.query(Vendor).count()
    assert apply(admin, preview.text).headers["Location"] == "/admin/vendors"
    assert "Imported: 1 new" in admin.get("/admin/vendors").text
    exported = admin.get("/admin/catalogue.csv")
    assert (
        exported.mimetype == "text/csv"
        and "The catalogue already contains all of this." in upload(admin, exported.text).text
    )
    assert "new tier Gold" in browse().get("/log").text


def test_an_import_that_is_no_longer_what_was_shown_is_shown_again(app: Flask, browse: Any) -> None:
    admin = browse(make_member(role="admin"))
    preview = upload(admin, FILE)
    make_vendor("Nordwall")
    answer = apply(admin, preview.text)
    assert answer.status_code == 409 and "Nothing was imported" in answer.text and "category" in answer.text
    assert vendor_by_name("Nordwall").description == ""  # type: ignore[union-attr]
    assert apply(admin, answer.text).status_code == 302 and vendor_by_name("NW") is not None


def test_a_file_with_an_error_imports_nothing_and_says_where(app: Flask, browse: Any) -> None:
    admin = browse(make_member(role="admin"))
    answer = upload(admin, FILE + "Halcyon,none,,,,,,,\n")
    assert answer.status_code == 422 and "is not a category. " in answer.text and "<td>category</td>" in answer.text
    assert not db.session.query(Vendor).count()
    for fields in ({}, {"packed": "no", "intent": "apply"}):
        assert admin.post("/admin/catalogue", data=fields).status_code == 422


def test_the_command_exports_and_imports(forum: Forum, environ: dict[str, str], tmp_path: Path) -> None:
    create_tables(forum, environ)
    forum("setup", "--name", "Ada", "--email", "ada@site.example", "--password", "correct horse lamp post")
    file, copy = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_text(FILE)
    assert "Would import: 1 new" in forum("vendors", "import", "--dry-run", str(file)).output
    assert "Nothing to change" not in forum("vendors", "import", str(file)).output
    assert forum("vendors", "export", str(copy)).exit_code == 0 and "Nordwall" in copy.read_text()
    assert "Nothing to change." in forum("vendors", "import", str(copy)).output
    file.write_text(FILE + "Halcyon,none\n")
    failed = forum("vendors", "import", str(file))
    assert failed.exit_code == 1 and "Line 4, category:" in failed.output
    assert inside(environ, lambda: db.session.query(Vendor).count()) == 1
