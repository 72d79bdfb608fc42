"""Disclosure control for each measure: answers are sealed, and what was published is remembered in sealed states.

Existing rows move: all answers into one seal, stars, verdict and tier stay plain only where a post carries the rating.
That takes the site's anonymity key; without ratings none is needed. Snapshots had exact counts and go: the next
publication makes new ones. Going back unseals the answers again.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from forum import anonymity

revision = "disclosure"
down_revision = "recovery_phrase"
branch_labels = None
depends_on = None

PURPOSE = "answers of a rating"
CRITERIA = (
    "discounts education seminars presentations presales responsiveness demos beta deal_registration stable_terms "
    "no_competing"
).split()
ASKS = "annual_fee revenue_commitment certified_people training_cost hours".split()
NUMBERS = (
    *ASKS,
    *"deals_registered deals_approved deals_kept bids_asked bids_granted bids_refused_tier".split(),
    "bids_refused_registered",
)
OTHERS = {"currency": sa.String(3), "years": sa.SmallInteger(), "only_vendor_trains": sa.Boolean()}
GONE = {"interest": sa.String(20), "version": sa.Integer()}
PUBLISHED = ("published_version", "published_tier_id", "site_version")
ANSWERS = (*CRITERIA, *NUMBERS, *OTHERS, "worth", "again", "interest")


def upgrade() -> None:
    _drop_trigger()
    op.drop_table("withdrawals")
    _clear_snapshots()
    with op.batch_alter_table("snapshots") as table:
        table.drop_index("ix_snapshots_ranking")
        table.drop_column("organisations")
        table.drop_column("ratings")
        table.add_column(sa.Column("band", sa.String(10), nullable=True))
        table.alter_column("figures", existing_type=sa.JSON(none_as_null=True), nullable=False)
        table.create_index("ix_snapshots_ranking", ["current", "worth_mean", "band"])
    _create_states()
    with op.batch_alter_table("ratings") as table:
        table.add_column(sa.Column("answers_seal", sa.Text(), nullable=True))
        table.add_column(sa.Column("stars", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("counted_from", sa.DateTime(), nullable=True))
        table.alter_column("worth", existing_type=sa.SmallInteger(), nullable=True)
        table.alter_column("again", existing_type=sa.Boolean(), nullable=True)
        table.drop_index("ix_ratings_counted")
    with op.batch_alter_table("rating_revisions") as table:
        table.add_column(sa.Column("answers_seal", sa.Text(), nullable=True))
    _seal_rows()
    with op.batch_alter_table("rating_revisions") as table:
        table.drop_column("answers")
        table.alter_column("answers_seal", existing_type=sa.Text(), nullable=False)
    with op.batch_alter_table("ratings") as table:
        for name in ("gives_in_stars", "asks_not_negative", "interest_known"):
            table.drop_constraint(op.f(f"ck_ratings_{name}"), type_="check")
        for name in (*CRITERIA, *NUMBERS, *OTHERS, *GONE, *PUBLISHED):
            table.drop_column(name)
        table.alter_column("answers_seal", existing_type=sa.Text(), nullable=False)
        table.alter_column("counted_from", existing_type=sa.DateTime(), nullable=False)
        table.create_index("ix_ratings_counted", ["vendor_id", "category_id", "hidden_at"])
    _create_trigger()


def downgrade() -> None:
    _drop_trigger()
    with op.batch_alter_table("ratings") as table:
        table.drop_index("ix_ratings_counted")
        for name in CRITERIA:
            table.add_column(sa.Column(name, sa.SmallInteger(), nullable=True))
        for name in (*NUMBERS, *PUBLISHED):
            table.add_column(sa.Column(name, sa.Integer(), nullable=True))
        for name, kind in (OTHERS | GONE).items():
            table.add_column(sa.Column(name, kind, nullable=True))
    with op.batch_alter_table("rating_revisions") as table:
        table.add_column(sa.Column("answers", sa.JSON(), nullable=True))
    _unseal_rows()
    with op.batch_alter_table("rating_revisions") as table:
        table.drop_column("answers_seal")
        table.alter_column("answers", existing_type=sa.JSON(), nullable=False)
    with op.batch_alter_table("ratings") as table:
        for name in ("answers_seal", "stars", "counted_from"):
            table.drop_column(name)
        kinds = {"worth": sa.SmallInteger(), "again": sa.Boolean(), "currency": OTHERS["currency"], **GONE}
        for name, kind in kinds.items():
            table.alter_column(name, existing_type=kind, nullable=False)
        table.create_check_constraint(
            op.f("ck_ratings_gives_in_stars"), " AND ".join(f"{key} BETWEEN 0 AND 5" for key in CRITERIA)
        )
        table.create_check_constraint(op.f("ck_ratings_asks_not_negative"), " AND ".join(f"{key} >= 0" for key in ASKS))
        table.create_check_constraint(
            op.f("ck_ratings_interest_known"), "interest IN ('none', 'vendor', 'competitor', 'distributor')"
        )
        table.create_index("ix_ratings_counted", ["vendor_id", "category_id", "interest", "hidden_at"])
    op.drop_table("disclosure_states")
    _restore_snapshots()
    _create_withdrawals()
    _create_trigger()


def _clear_snapshots() -> None:
    op.execute("DELETE FROM snapshots")


def _restore_snapshots() -> None:
    _clear_snapshots()
    with op.batch_alter_table("snapshots") as table:
        table.drop_index("ix_snapshots_ranking")
        table.drop_column("band")
        table.add_column(sa.Column("organisations", sa.Integer(), nullable=False))
        table.add_column(sa.Column("ratings", sa.Integer(), nullable=False))
        table.alter_column("figures", existing_type=sa.JSON(none_as_null=True), nullable=True)
        table.create_index("ix_snapshots_ranking", ["current", "worth_mean", "organisations"])


def _subject_columns(table: str, *, unique: bool) -> list[Any]:
    return [
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(vendor_id IS NULL) <> (category_id IS NULL)", name=op.f(f"ck_{table}_named_or_undisclosed")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f(f"fk_{table}_category_id_categories"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f(f"fk_{table}_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_{table}_{name}"))
            for name in (("vendor_id", "category_id") if unique else ())
        ),
    ]


def _create_states() -> None:
    op.create_table(
        "disclosure_states",
        *_subject_columns("disclosure_states", unique=True),
        sa.Column("state_seal", sa.Text(), nullable=False),
    )


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawals",
        *_subject_columns("withdrawals", unique=False),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("organisation_seal", sa.String(length=120), nullable=False),
    )
    with op.batch_alter_table("withdrawals") as table:
        table.create_index("ix_withdrawals_subject", ["vendor_id", "category_id"])


def _rows(table: str, columns: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table in portions, so that a large site needs little memory."""
    last = None
    while True:
        where = "" if last is None else " WHERE id > :last"
        statement = sa.text(f"SELECT {columns} FROM {table}{where} ORDER BY id LIMIT 1000")
        rows = op.get_bind().execute(statement, {} if last is None else {"last": last}).mappings().all()
        if not rows:
            return
        yield from (dict(row) for row in rows)
        last = rows[-1]["id"]


def _seal_rows() -> None:
    bind = op.get_bind()
    carried = set(bind.execute(sa.text("SELECT rating_id FROM posts WHERE rating_id IS NOT NULL")).scalars())
    update = sa.text(
        "UPDATE ratings SET answers_seal = :seal, stars = :stars, worth = :worth, again = :again, tier_id = :tier_id, "
        "counted_from = :counted_from WHERE id = :id"
    ).bindparams(sa.bindparam("stars", type_=sa.JSON(none_as_null=True)))
    for row in _rows("ratings", f"id, tier_id, rated_at, revised_at, {', '.join(ANSWERS)}"):
        answers = {key: row[key] for key in ANSWERS if row[key] is not None}
        answers |= {key: bool(answers[key]) for key in ("again", "only_vendor_trains") if key in answers}
        answers |= {"tier_id": row["tier_id"]} if row["tier_id"] else {}
        values: dict[str, Any] = {"seal": anonymity.seal_json(PURPOSE, answers), "id": row["id"]}
        values |= dict.fromkeys(("stars", "worth", "again", "tier_id"))
        if row["id"] in carried:
            values |= {"worth": row["worth"], "again": answers["again"], "tier_id": row["tier_id"]}
            values["stars"] = {key: row[key] for key in CRITERIA}
        day = row["revised_at"] or row["rated_at"]
        bind.execute(update, values | {"counted_from": day})
    statement = sa.text("UPDATE rating_revisions SET answers_seal = :seal WHERE id = :id")
    for row in _rows("rating_revisions", "id, answers"):
        answers = json.loads(row["answers"]) if isinstance(row["answers"], str) else row["answers"]
        bind.execute(statement, {"seal": anonymity.seal_json(PURPOSE, answers), "id": row["id"]})


def _unseal_rows() -> None:
    """Write the answers back to plain columns. A rating that no key opens stays as one that does not count."""
    bind = op.get_bind()
    names = (*ANSWERS, "tier_id")
    update = sa.text(f"UPDATE ratings SET version = 1, {', '.join(f'{n} = :{n}' for n in names)} WHERE id = :id")
    for row in _rows("ratings", "id, answers_seal, worth, again, tier_id"):
        answers = anonymity.unseal_json(PURPOSE, row["answers_seal"])
        if answers is None:
            answers = {"interest": "vendor", "worth": row["worth"] or 3, "again": bool(row["again"])}
        values = dict.fromkeys(names) | {"currency": "EUR"} | {key: answers[key] for key in names if key in answers}
        bind.execute(update, values | {"id": row["id"]})
    statement = sa.text("UPDATE rating_revisions SET answers = :answers WHERE id = :id")
    statement = statement.bindparams(sa.bindparam("answers", type_=sa.JSON()))
    for row in _rows("rating_revisions", "id, answers_seal"):
        answers = anonymity.unseal_json(PURPOSE, row["answers_seal"]) or {}
        bind.execute(statement, {"answers": answers, "id": row["id"]})


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _drop_trigger() -> None:
    """Drop what keeps spent links: SQLite rebuilds the table, and would lose it without a word."""
    op.execute("DROP TRIGGER ratings_spend_link" + (" ON ratings" if _on_postgres() else ""))


def _create_trigger() -> None:
    when = "CREATE TRIGGER ratings_spend_link AFTER DELETE ON ratings"
    if _on_postgres():
        op.execute(f"{when} FOR EACH ROW WHEN (OLD.chain_link IS NOT NULL) EXECUTE FUNCTION spend_link()")
    else:
        keep = "INSERT OR IGNORE INTO spent_links (link) VALUES (OLD.chain_link)"
        op.execute(f"{when} WHEN OLD.chain_link IS NOT NULL BEGIN {keep}; END")
