"""Ratings, their history, withdrawals, published snapshots, dated programme changes, and the post that carries a rating.

A rating's organisation is sealed and its author, when anonymous, absent, from the first row on. Domains say whether they
are the vendor's own or a house's that belongs to it: whoever has mail there cannot rate the vendor.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    in_force = {"sqlite_where": sa.text("current"), "postgresql_where": sa.text("current")}
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("organisations", sa.Integer(), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("worth_mean", sa.Double(), nullable=True),
        sa.Column("worth_low", sa.Double(), nullable=True),
        sa.Column("worth_high", sa.Double(), nullable=True),
        sa.Column("asks_mean", sa.Double(), nullable=True),
        sa.Column("gives_mean", sa.Double(), nullable=True),
        sa.Column("figures", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_snapshots_category_id_categories"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_snapshots_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
    )
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.create_index("uq_snapshots_category", ["category_id"], unique=True, **in_force)
        batch_op.create_index("ix_snapshots_ranking", ["current", "worth_mean", "organisations"], unique=False)
        batch_op.create_index("ix_snapshots_vendor", ["vendor_id"], unique=False)
        batch_op.create_index("uq_snapshots_vendor", ["vendor_id"], unique=True, **in_force)

    op.create_table(
        "withdrawals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("organisation_seal", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "(vendor_id IS NULL) <> (category_id IS NULL)", name=op.f("ck_withdrawals_named_or_undisclosed")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_withdrawals_category_id_categories"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_withdrawals_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    with op.batch_alter_table("withdrawals", schema=None) as batch_op:
        batch_op.create_index("ix_withdrawals_subject", ["vendor_id", "category_id"], unique=False)

    op.create_table(
        "programme_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("what", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["programmes.id"],
            name=op.f("fk_programme_changes_programme_id_programmes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_changes")),
    )
    with op.batch_alter_table("programme_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_programme_changes_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "ratings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("rater_mark", sa.String(length=64), nullable=False),
        sa.Column("listing_mark", sa.String(length=64), nullable=True),
        sa.Column("organisation_seal", sa.String(length=120), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=True),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("vendor_description", sa.String(length=80), nullable=True),
        sa.Column("discounts", sa.SmallInteger(), nullable=True),
        sa.Column("education", sa.SmallInteger(), nullable=True),
        sa.Column("seminars", sa.SmallInteger(), nullable=True),
        sa.Column("presentations", sa.SmallInteger(), nullable=True),
        sa.Column("presales", sa.SmallInteger(), nullable=True),
        sa.Column("responsiveness", sa.SmallInteger(), nullable=True),
        sa.Column("demos", sa.SmallInteger(), nullable=True),
        sa.Column("beta", sa.SmallInteger(), nullable=True),
        sa.Column("deal_registration", sa.SmallInteger(), nullable=True),
        sa.Column("stable_terms", sa.SmallInteger(), nullable=True),
        sa.Column("no_competing", sa.SmallInteger(), nullable=True),
        sa.Column("annual_fee", sa.Integer(), nullable=True),
        sa.Column("revenue_commitment", sa.Integer(), nullable=True),
        sa.Column("certified_people", sa.Integer(), nullable=True),
        sa.Column("training_cost", sa.Integer(), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("years", sa.SmallInteger(), nullable=True),
        sa.Column("only_vendor_trains", sa.Boolean(), nullable=True),
        sa.Column("deals_registered", sa.Integer(), nullable=True),
        sa.Column("deals_approved", sa.Integer(), nullable=True),
        sa.Column("deals_kept", sa.Integer(), nullable=True),
        sa.Column("bids_asked", sa.Integer(), nullable=True),
        sa.Column("bids_granted", sa.Integer(), nullable=True),
        sa.Column("bids_refused_tier", sa.Integer(), nullable=True),
        sa.Column("bids_refused_registered", sa.Integer(), nullable=True),
        sa.Column("worth", sa.SmallInteger(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("interest", sa.String(length=20), nullable=False),
        sa.Column("rated_at", sa.DateTime(), nullable=False),
        sa.Column("revised_at", sa.DateTime(), nullable=True),
        sa.Column("hidden_at", sa.DateTime(), nullable=True),
        sa.Column("hidden_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("published_tier_id", sa.Integer(), nullable=True),
        sa.Column("site_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "interest IN ('none', 'vendor', 'competitor', 'distributor')", name=op.f("ck_ratings_interest_known")
        ),
        sa.CheckConstraint(
            "(vendor_id IS NULL) <> (category_id IS NULL)", name=op.f("ck_ratings_named_or_undisclosed")
        ),
        sa.CheckConstraint(
            "annual_fee >= 0 AND revenue_commitment >= 0 AND certified_people >= 0 AND training_cost >= 0 AND hours >= 0",
            name=op.f("ck_ratings_asks_not_negative"),
        ),
        sa.CheckConstraint(
            "discounts BETWEEN 0 AND 5 AND education BETWEEN 0 AND 5 AND seminars BETWEEN 0 AND 5 AND presentations BETWEEN 0 AND 5 AND presales BETWEEN 0 AND 5 AND responsiveness BETWEEN 0 AND 5 AND demos BETWEEN 0 AND 5 AND beta BETWEEN 0 AND 5 AND deal_registration BETWEEN 0 AND 5 AND stable_terms BETWEEN 0 AND 5 AND no_competing BETWEEN 0 AND 5",
            name=op.f("ck_ratings_gives_in_stars"),
        ),
        sa.CheckConstraint("worth BETWEEN 1 AND 5", name=op.f("ck_ratings_worth_in_stars")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_ratings_author_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_ratings_category_id_categories")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_ratings_programme_id_programmes"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["tier_id"], ["tiers.id"], name=op.f("fk_ratings_tier_id_tiers"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_ratings_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("listing_mark", name=op.f("uq_ratings_listing_mark")),
        sa.UniqueConstraint("rater_mark", name=op.f("uq_ratings_rater_mark")),
        sa.UniqueConstraint("submission", name=op.f("uq_ratings_submission")),
    )
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ratings_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_ratings_counted", ["vendor_id", "category_id", "interest", "hidden_at"], unique=False)

    op.create_table(
        "rating_revisions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rating_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_rating_revisions_rating_id_ratings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_revisions")),
    )
    with op.batch_alter_table("rating_revisions", schema=None) as batch_op:
        batch_op.create_index("ix_rating_revisions_rating", ["rating_id", "number"], unique=True)

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rating_id", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_posts_rating_id"), ["rating_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_posts_rating_id_ratings"), "ratings", ["rating_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("vendor_domains", schema=None) as batch_op:
        batch_op.add_column(sa.Column("relation", sa.String(length=20), server_default="own", nullable=False))
        batch_op.create_check_constraint(
            batch_op.f("ck_vendor_domains_relation_known"), "relation IN ('own', 'subsidiary', 'agency', 'distributor')"
        )


def downgrade() -> None:
    with op.batch_alter_table("vendor_domains", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_vendor_domains_relation_known"), type_="check")
        batch_op.drop_column("relation")

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_posts_rating_id_ratings"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_posts_rating_id"))
        batch_op.drop_column("rating_id")

    with op.batch_alter_table("rating_revisions", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_revisions_rating")

    op.drop_table("rating_revisions")
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_index("ix_ratings_counted")
        batch_op.drop_index(batch_op.f("ix_ratings_author_id"))

    op.drop_table("ratings")
    with op.batch_alter_table("programme_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_programme_changes_programme_id"))

    op.drop_table("programme_changes")
    with op.batch_alter_table("withdrawals", schema=None) as batch_op:
        batch_op.drop_index("ix_withdrawals_subject")

    op.drop_table("withdrawals")
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.drop_index("ix_snapshots_vendor")
        batch_op.drop_index("ix_snapshots_ranking")
        batch_op.drop_index("uq_snapshots_category")
        batch_op.drop_index("uq_snapshots_vendor")

    op.drop_table("snapshots")
