"""What moderation, following, delayed writing and sanctions through pseudonyms need; mail waits sealed from here on.

Waiting mail is sealed on the way up and opened on the way down, with the site's own key: the only place where a revision
needs the code of today.
"""

import json

import sqlalchemy as sa
from alembic import op

from forum import anonymity

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PLAIN = sa.table("mails", *(sa.column(name) for name in ("id", "to_address", "subject", "text", "html")))
SEALED = sa.table("mails", sa.column("id"), sa.column("sealed"))
# The log only grows. What a row refers to may go; nothing else of a row changes, and no row goes.
SAID = "id action what rule facts reason source automated leaning until moderator_name reverses_id decided_at".split()
REFERS = "post_id comment_id rating_id member_id moderator_id".split()


def upgrade() -> None:
    op.create_table(
        "delayed_writings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("listing_mark", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delayed_writings")),
        sa.UniqueConstraint("listing_mark", name=op.f("uq_delayed_writings_listing_mark")),
    )
    op.create_table(
        "sanctions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('warn', 'hold', 'bar')", name=op.f("ck_sanctions_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions")),
        sa.UniqueConstraint("mark", name=op.f("uq_sanctions_mark")),
    )
    op.create_table(
        "site_settings",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_settings")),
    )
    op.create_table(
        "representatives",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_representatives_member_id_members"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_representatives_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representatives")),
        sa.UniqueConstraint("member_id", name=op.f("uq_representatives_member_id")),
    )
    with op.batch_alter_table("representatives", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_representatives_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "follows",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("tag_id", sa.Integer(), nullable=True),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("listing_mark", sa.String(length=64), nullable=False),
        sa.Column("follower_seal", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN post_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN tag_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN vendor_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_follows_one_thing"),
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_follows_post_id_posts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_follows_tag_id_tags"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_follows_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
        sa.UniqueConstraint("listing_mark", name=op.f("uq_follows_listing_mark")),
        sa.UniqueConstraint("mark", name=op.f("uq_follows_mark")),
    )
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follows_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follows_tag_id"), ["tag_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follows_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("automated", sa.Boolean(), nullable=False),
        sa.Column("leaning", sa.String(length=10), nullable=True),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("moderator_id", sa.Integer(), nullable=True),
        sa.Column("moderator_name", sa.String(length=60), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("rating_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_decisions_comment_id_comments"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_decisions_member_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["members.id"], name=op.f("fk_decisions_moderator_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_decisions_post_id_posts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_decisions_rating_id_ratings"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["reverses_id"], ["decisions.id"], name=op.f("fk_decisions_reverses_id_decisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_rating_id"), ["rating_id"], unique=False)
        batch_op.create_index("ix_decisions_rule", ["rule", "decided_at"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("sender_seal", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("unlawful", sa.Boolean(), nullable=False),
        sa.Column("law", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("rating_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_notices_comment_id_comments"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_notices_member_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_notices_post_id_posts"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_notices_rating_id_ratings"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_notices_secret_hash")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_rating_id"), ["rating_id"], unique=False)

    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_appeals_decision_id_decisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeals_decision_id")),
    )
    op.create_table(
        "taken_texts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_taken_texts_decision_id_decisions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_texts")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_taken_texts_decision_id")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("because", sa.String(length=300), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("appeal_id", sa.BigInteger(), nullable=True),
        sa.Column("representative_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_by_id", sa.Integer(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("rating_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('flag', 'held', 'notice', 'appeal', 'representative')", name=op.f("ck_cases_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["appeal_id"], ["appeals.id"], name=op.f("fk_cases_appeal_id_appeals"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["members.id"], name=op.f("fk_cases_claimed_by_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_cases_comment_id_comments"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_cases_decision_id_decisions")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_cases_member_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_cases_notice_id_notices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_cases_post_id_posts"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_cases_rating_id_ratings"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["representative_id"],
            ["representatives.id"],
            name=op.f("fk_cases_representative_id_representatives"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_appeal_id"), ["appeal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_notice_id"), ["notice_id"], unique=False)
        batch_op.create_index("ix_cases_open", ["closed_at", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_cases_kind", ["closed_at", "kind", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_cases_weight", ["closed_at", "weight", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_rating_id"), ["rating_id"], unique=False)

    op.create_table(
        "case_notes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(length=1000), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_case_notes_author_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_notes_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_notes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "flags",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("rating_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("outcome IN ('upheld', 'declined')", name=op.f("ck_flags_outcome_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_flags_case_id_cases"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_flags_comment_id_comments"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_flags_member_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_flags_post_id_posts"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.id"], name=op.f("fk_flags_rating_id_ratings"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["members.id"], name=op.f("fk_flags_reporter_id_members"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("reporter_id", "comment_id", name="uq_flags_comment"),
        sa.UniqueConstraint("reporter_id", "member_id", name="uq_flags_member"),
        sa.UniqueConstraint("reporter_id", "post_id", name="uq_flags_post"),
        sa.UniqueConstraint("reporter_id", "rating_id", name="uq_flags_rating"),
    )
    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flags_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flags_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flags_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flags_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flags_rating_id"), ["rating_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flags_reporter_id"), ["reporter_id"], unique=False)

    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("log_entry", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("edit_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("official_vendor_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("fingerprint", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_comments_fingerprint"), ["fingerprint"], unique=False)
        batch_op.add_column(sa.Column("disputed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("badge", sa.String(length=120), server_default="", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_comments_official_vendor_id_vendors"),
            "vendors",
            ["official_vendor_id"],
            ["id"],
            ondelete="SET NULL",
        )

    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))
    for mail in op.get_bind().execute(sa.select(PLAIN)).all():
        said = json.dumps({"to": mail.to_address, "subject": mail.subject, "text": mail.text, "html": mail.html})
        sealed = anonymity.seal("mail", said + " " * (-len(said.encode()) % 4096))
        op.get_bind().execute(SEALED.update().where(SEALED.c.id == mail.id).values(sealed=sealed))
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.alter_column("sealed", existing_type=sa.Text(), nullable=False)
        batch_op.drop_column("to_address")
        batch_op.drop_column("text")
        batch_op.drop_column("html")
        batch_op.drop_column("subject")

    with op.batch_alter_table("members", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("trade", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("region", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("digest", sa.String(length=10), server_default="daily", nullable=False))
        batch_op.add_column(sa.Column("bounced_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("suspended_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("vouched_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("totp_seal", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("recovery_codes", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("staff_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("named_in_log", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_members_staff_number"), ["staff_number"])

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("log_entry", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("edit_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("locked_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("locked_because", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("fingerprint", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_posts_fingerprint"), ["fingerprint"], unique=False)
        batch_op.add_column(sa.Column("disputed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("badge", sa.String(length=120), server_default="", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_posts_merged_into_id_posts"), "posts", ["merged_into_id"], ["id"], ondelete="SET NULL"
        )

    with op.batch_alter_table("pseudonyms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("member_seal", sa.String(length=120), nullable=True))

    _only_grows()


def _only_grows() -> None:
    if op.get_bind().dialect.name == "sqlite":
        same = [f"NEW.{name} IS OLD.{name}" for name in SAID]
        same += [f"(NEW.{name} IS OLD.{name} OR NEW.{name} IS NULL)" for name in REFERS]
        stop = "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
        op.execute(f"CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions WHEN NOT ({' AND '.join(same)}) {stop}")
        op.execute(f"CREATE TRIGGER decisions_are_kept BEFORE DELETE ON decisions {stop}")
        return
    changed = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in SAID]
    changed += [f"(NEW.{name} IS DISTINCT FROM OLD.{name} AND NEW.{name} IS NOT NULL)" for name in REFERS]
    op.execute(
        f"""CREATE FUNCTION decisions_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'the log only grows'; END IF;
        IF {" OR ".join(changed)} THEN RAISE EXCEPTION 'the log only grows'; END IF;
        RETURN NEW; END $$"""
    )
    for name, when in (
        ("stay", "BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW"),
        ("are_kept", "BEFORE TRUNCATE ON decisions"),
    ):
        op.execute(f"CREATE TRIGGER decisions_{name} {when} EXECUTE FUNCTION decisions_only_grow()")


def downgrade() -> None:
    with op.batch_alter_table("pseudonyms", schema=None) as batch_op:
        batch_op.drop_column("member_seal")

    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_posts_merged_into_id_posts"), type_="foreignkey")
        batch_op.drop_column("badge")
        batch_op.drop_column("edit_until")
        batch_op.drop_column("log_entry")
        batch_op.drop_column("removed_at")
        batch_op.drop_column("disputed_at")
        batch_op.drop_index(batch_op.f("ix_posts_fingerprint"))
        batch_op.drop_column("fingerprint")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("locked_because")
        batch_op.drop_column("locked_at")

    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_members_staff_number"), type_="unique")
        batch_op.drop_column("named_in_log")
        batch_op.drop_column("staff_number")
        batch_op.drop_column("recovery_codes")
        batch_op.drop_column("totp_seal")
        batch_op.drop_column("vouched_at")
        batch_op.drop_column("suspended_until")
        batch_op.drop_column("bounced_at")
        batch_op.drop_column("digest")
        batch_op.drop_column("region")
        batch_op.drop_column("trade")

    with op.batch_alter_table("mails", schema=None) as batch_op:
        for name in ("to_address", "subject", "text", "html"):
            batch_op.add_column(sa.Column(name, sa.Text() if name in ("text", "html") else sa.String(), nullable=True))
    for mail in op.get_bind().execute(sa.select(SEALED)).all():
        said = json.loads(anonymity.unseal("mail", mail.sealed) or "{}")
        plain = {name: said.get(key, "") for name, key in (("to_address", "to"), ("subject", "subject"))}
        plain |= {name: said.get(name, "") for name in ("text", "html")}
        op.get_bind().execute(PLAIN.update().where(PLAIN.c.id == mail.id).values(**plain))
    with op.batch_alter_table("mails", schema=None) as batch_op:
        for name in ("to_address", "subject", "text", "html"):
            kind = sa.Text() if name in ("text", "html") else sa.String()
            batch_op.alter_column(name, existing_type=kind, nullable=False)
        batch_op.drop_column("sealed")

    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_comments_official_vendor_id_vendors"), type_="foreignkey")
        batch_op.drop_column("badge")
        batch_op.drop_column("edit_until")
        batch_op.drop_column("log_entry")
        batch_op.drop_column("removed_at")
        batch_op.drop_column("disputed_at")
        batch_op.drop_index(batch_op.f("ix_comments_fingerprint"))
        batch_op.drop_column("fingerprint")
        batch_op.drop_column("official_vendor_id")

    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flags_reporter_id"))
        batch_op.drop_index(batch_op.f("ix_flags_rating_id"))
        batch_op.drop_index(batch_op.f("ix_flags_post_id"))
        batch_op.drop_index(batch_op.f("ix_flags_member_id"))
        batch_op.drop_index(batch_op.f("ix_flags_comment_id"))
        batch_op.drop_index(batch_op.f("ix_flags_case_id"))

    op.drop_table("flags")
    with op.batch_alter_table("case_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_notes_case_id"))

    op.drop_table("case_notes")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_rating_id"))
        batch_op.drop_index(batch_op.f("ix_cases_post_id"))
        batch_op.drop_index("ix_cases_weight")
        batch_op.drop_index("ix_cases_kind")
        batch_op.drop_index("ix_cases_open")
        batch_op.drop_index(batch_op.f("ix_cases_notice_id"))
        batch_op.drop_index(batch_op.f("ix_cases_member_id"))
        batch_op.drop_index(batch_op.f("ix_cases_decision_id"))
        batch_op.drop_index(batch_op.f("ix_cases_comment_id"))
        batch_op.drop_index(batch_op.f("ix_cases_appeal_id"))

    op.drop_table("cases")
    op.drop_table("taken_texts")
    op.drop_table("appeals")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_rating_id"))
        batch_op.drop_index(batch_op.f("ix_notices_post_id"))
        batch_op.drop_index(batch_op.f("ix_notices_member_id"))
        batch_op.drop_index(batch_op.f("ix_notices_comment_id"))

    op.drop_table("notices")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_decisions_rule")
        batch_op.drop_index(batch_op.f("ix_decisions_rating_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_post_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_member_id"))
        batch_op.drop_index(batch_op.f("ix_decisions_comment_id"))

    op.drop_table("decisions")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION decisions_only_grow()")
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follows_vendor_id"))
        batch_op.drop_index(batch_op.f("ix_follows_tag_id"))
        batch_op.drop_index(batch_op.f("ix_follows_post_id"))

    op.drop_table("follows")
    with op.batch_alter_table("representatives", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_representatives_vendor_id"))

    op.drop_table("representatives")
    op.drop_table("site_settings")
    op.drop_table("sanctions")
    op.drop_table("delayed_writings")
