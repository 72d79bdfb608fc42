"""Sanctions through a pseudonym: they reach the member under every name, and show nobody whom they reached."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts import sanctions
from forum.accounts.models import Pseudonym, Sanction
from forum.accounts.sanctions import lift_sanction, member_behind, sanction_pseudonym, standing_of
from forum.db import day_of, db, now
from tests.factories import make_member, make_post


def pseudonym_of(author: Any) -> Pseudonym:
    name = make_post(author, anonymous=True).pseudonym
    assert name is not None
    return name


def test_a_pseudonym_holds_its_member_sealed_and_never_twice_alike(app: Flask) -> None:
    author = make_member()
    first, second = pseudonym_of(author), pseudonym_of(author)
    assert member_behind(first) == member_behind(second) == author
    assert first.member_seal != second.member_seal
    assert len(str(first.member_seal)) == len(str(second.member_seal))
    app.config["ANONYMITY_KEYS"], kept = ["another key that does not fit, long enough"], app.config["ANONYMITY_KEYS"]
    try:
        assert member_behind(first) is None and not sanction_pseudonym(first, "bar", "Rule 1")
    finally:
        app.config["ANONYMITY_KEYS"] = kept


def test_a_bar_counts_under_every_name_until_its_day_is_over(app: Flask) -> None:
    author = make_member()
    names = [pseudonym_of(author) for _ in range(2)]
    assert sanction_pseudonym(names[0], "bar", "Rule 3: a phone number.", now() + timedelta(days=7))
    standing = standing_of(author)
    assert standing.barred_until == day_of(now() + timedelta(days=7))
    assert not standing.held and standing_of(make_member()).barred_until is None
    row = db.session.query(Sanction).one()
    row.until = day_of(now())
    db.session.flush()
    assert standing_of(author).barred_until is not None, "its last day is whole"
    row.until = day_of(now()) - timedelta(days=1)
    db.session.flush()
    assert standing_of(author) == (None, False, [])


def test_three_warnings_hold_by_themselves_and_two_do_not(app: Flask) -> None:
    author = make_member()
    for n in range(3):
        assert not standing_of(author).held
        sanction_pseudonym(pseudonym_of(author), "warn", f"Warning {n}")
    assert standing_of(author).held
    assert lift_sanction(pseudonym_of(author), "warn", "Warning 1")
    assert not standing_of(author).held
    assert not lift_sanction(pseudonym_of(author), "warn", "Warning 1"), "it is over already"
    assert {own.said for own in standing_of(author).sanctions} == {"Warning 0", "Warning 2"}


def test_sanctions_of_one_member_share_nothing_and_are_whole_days(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanctions, "STRETCH", 2)
    author = make_member()
    name = pseudonym_of(author)
    for n in range(5):
        sanction_pseudonym(name, "hold", f"Reason {n}", now() + timedelta(days=30))
    rows = db.session.query(Sanction).all()
    assert len({row.mark for row in rows}) == 5 and len(standing_of(author).sanctions) == 5
    assert all(row.made_at == day_of(row.made_at) and row.until == day_of(row.until or now()) for row in rows)
