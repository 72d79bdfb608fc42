"""Publishing scores while others write: what is stored together, and what a writer, a merge or a crash does in between."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from forum.db import db, now, writing
from forum.ratings.models import DisclosureState, Snapshot
from forum.ratings.queries import Subject, current_snapshot
from forum.ratings.scores import actions as scores
from forum.ratings.scores import merging
from forum.ratings.scores.actions import Outcome, publish
from forum.vendors.models import Vendor
from tests.factories import make_vendor
from tests.publishing import DAY, figures_of, make_ratings, run_publish, withdraw_all


def publish_in_turns(vendors: Sequence[Vendor], *, between: Callable[[], object]) -> Outcome:
    """Publish as the job does, and call `between` when the first of the vendors was prepared and is not stored yet."""

    def hold(subject: Subject) -> None:
        if subject == Subject(vendors[0].id):
            patch.undo()
            between()
        original(subject)

    original, patch = scores._hold, pytest.MonkeyPatch()
    patch.setattr(scores, "_hold", hold)
    with writing():
        outcome = publish(commit=db.session.commit)
        db.session.commit()
    return outcome


def test_ratings_are_decrypted_and_scores_computed_while_others_write(app: Any, monkeypatch: Any) -> None:
    """Each transaction that writes stores one subject: its state, or its state with its snapshot."""
    vendors = [make_vendor(), make_vendor()]
    for vendor in vendors:
        make_ratings(5, vendor, answers={"worth": 3}, at=now() - 20 * DAY)

    def refuse_lock(function: Callable[..., Any]) -> Callable[..., Any]:
        def check(*arguments: Any) -> Any:
            assert db.session.connection().info["transaction_mode"] == "deferred"
            return function(*arguments)

        return check

    for name in ("unseal_answers", "compute_figures", "sealed_state"):
        monkeypatch.setattr(scores, name, refuse_lock(getattr(scores, name)))
    commits: list[tuple[int, int]] = []

    def commit() -> None:
        commits.append((db.session.query(DisclosureState).count(), db.session.query(Snapshot).count()))
        db.session.commit()

    with writing():
        assert publish(commit=commit).published == 2
    assert commits == [(1, 0), (2, 0), (2, 1), (2, 2), (2, 3)], "states, the site, and the vendors' figures"


def test_what_changes_between_preparing_and_storing_is_counted(app: Any) -> None:
    vendor = make_vendor()
    ratings = make_ratings(6, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
    publish_in_turns([vendor], between=lambda: withdraw_all(*ratings[:2]))
    assert current_snapshot(Subject(vendor.id)) is None, "four are left"
    make_ratings(1, vendor, answers={"worth": 3})
    run_publish()
    assert figures_of(vendor)["stars"]["worth"]["band"] == "5-9"


def test_a_vendor_that_is_merged_between_preparing_and_storing_is_counted_once(app: Any) -> None:
    old, into = make_vendor(), make_vendor()
    for vendor in (old, into):
        make_ratings(5, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
    db.session.commit()
    ids = old.id, into.id

    def merge() -> None:
        merging.merge_vendor(*(db.session.get_one(Vendor, vendor_id) for vendor_id in ids))
        db.session.commit()

    publish_in_turns([old], between=merge)
    assert current_snapshot(Subject(old.id)) is None
    assert figures_of(into)["stars"]["worth"]["band"] == "10-14"


def test_a_run_killed_at_any_point_is_completed_by_the_next_with_the_same_result(app: Any) -> None:
    vendors = [make_vendor() for _ in range(2)]
    for vendor in vendors:
        make_ratings(5, vendor, answers={"worth": 3}, at=now() - 20 * DAY)
    db.session.commit()

    def die_after(count: int) -> Callable[[], None]:
        turns = iter(range(count))

        def commit() -> None:
            db.session.commit()
            if next(turns, None) is None:
                raise KeyboardInterrupt

        return commit

    for count in (0, 0, 1):
        with writing(), pytest.raises(KeyboardInterrupt):
            publish(commit=die_after(count))
        db.session.rollback()
    run_publish()
    assert [figures_of(vendor)["stars"]["worth"]["mean"] for vendor in vendors] == [3.0, 3.0]
    assert run_publish() == Outcome(published=0, unchanged=2)
