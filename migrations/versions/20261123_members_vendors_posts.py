"""Members, vendors, posts, comments, tags and the outbox: what the site begins with.

Anonymous writing has its final shape from the first row on: an author or a pseudonym, never both, random row numbers, and
moments that are whole days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("failed_because", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("slug", sa.String(length=70), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("banned_at", sa.DateTime(), nullable=True),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("company", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.CheckConstraint("role IN ('member', 'moderator', 'admin')", name=op.f("ck_members_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("email", name=op.f("uq_members_email")),
        sa.UniqueConstraint("slug", name=op.f("uq_members_slug")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index("ix_members_unconfirmed", ["joined_at", "confirmed_at"], unique=False)

    op.create_table(
        "pseudonyms",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_key", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pseudonyms")),
        sa.UniqueConstraint("thread_key", "mark", name="uq_pseudonyms_one_each"),
        sa.UniqueConstraint("thread_key", "name", name="uq_pseudonyms_name_in_thread"),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=50), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("post_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("slug", name=op.f("uq_tags_slug")),
    )
    op.create_table(
        "tag_synonyms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=50), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_tag_synonyms_tag_id_tags"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_synonyms")),
        sa.UniqueConstraint("slug", name=op.f("uq_tag_synonyms_slug")),
    )
    with op.batch_alter_table("tag_synonyms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_synonyms_tag_id"), ["tag_id"], unique=False)

    op.create_table(
        "vendors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=70), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=90), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("post_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_vendors_category_id_categories")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendors")),
        sa.UniqueConstraint("folded", name=op.f("uq_vendors_folded")),
        sa.UniqueConstraint("slug", name=op.f("uq_vendors_slug")),
    )
    with op.batch_alter_table("vendors", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vendors_category_id"), ["category_id"], unique=False)
        batch_op.create_index("ix_vendors_directory", ["accepted_at", "name"], unique=False)

    op.create_table(
        "programmes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=70), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_programmes_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        sa.UniqueConstraint("vendor_id", "slug", name="uq_programmes_slug_of_vendor"),
    )
    op.create_table(
        "vendor_aliases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=90), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_vendor_aliases_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_aliases")),
        sa.UniqueConstraint("folded", name=op.f("uq_vendor_aliases_folded")),
    )
    with op.batch_alter_table("vendor_aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vendor_aliases_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "vendor_domains",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=190), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendors.id"], name=op.f("fk_vendor_domains_vendor_id_vendors"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_domains")),
        sa.UniqueConstraint("domain", name=op.f("uq_vendor_domains_domain")),
    )
    with op.batch_alter_table("vendor_domains", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vendor_domains_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "tiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("certified_people", sa.Integer(), nullable=True),
        sa.Column("training_cost", sa.Integer(), nullable=True),
        sa.Column("annual_fee", sa.Integer(), nullable=True),
        sa.Column("revenue_target", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "certified_people >= 0 AND training_cost >= 0 AND annual_fee >= 0 AND revenue_target >= 0",
            name=op.f("ck_tiers_demands_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_tiers_programme_id_programmes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tiers")),
        sa.UniqueConstraint("programme_id", "name", name="uq_tiers_name_in_programme"),
    )
    with op.batch_alter_table("tiers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tiers_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_key", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=False),
        sa.Column("slug", sa.String(length=70), nullable=False),
        sa.Column("excerpt", sa.String(length=240), nullable=False),
        sa.Column("leaning", sa.String(length=10), nullable=False),
        sa.Column("vendor_id", sa.Integer(), nullable=True),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("vendor_description", sa.String(length=80), nullable=True),
        sa.Column("last_activity_at", sa.DateTime(), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("pseudonym_id", sa.BigInteger(), nullable=True),
        sa.Column("listing_mark", sa.String(length=64), nullable=True),
        sa.Column("submission", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.Column("hidden_at", sa.DateTime(), nullable=True),
        sa.Column("hidden_because", sa.Text(), nullable=True),
        sa.Column("useful_count", sa.Integer(), nullable=False),
        sa.Column("imported_from", sa.String(length=300), nullable=True),
        sa.CheckConstraint("leaning IN ('good', 'bad', 'mixed')", name=op.f("ck_posts_leaning_known")),
        sa.CheckConstraint("author_id IS NULL OR pseudonym_id IS NULL", name=op.f("ck_posts_posts_one_author")),
        sa.CheckConstraint("vendor_id IS NULL OR category_id IS NULL", name=op.f("ck_posts_named_or_undisclosed")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_posts_author_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_posts_category_id_categories")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_posts_programme_id_programmes"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["pseudonym_id"], ["pseudonyms.id"], name=op.f("fk_posts_pseudonym_id_pseudonyms")),
        sa.ForeignKeyConstraint(["tier_id"], ["tiers.id"], name=op.f("fk_posts_tier_id_tiers"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendors.id"], name=op.f("fk_posts_vendor_id_vendors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("imported_from", name=op.f("uq_posts_imported_from")),
        sa.UniqueConstraint("listing_mark", name=op.f("uq_posts_listing_mark")),
        sa.UniqueConstraint("submission", name=op.f("uq_posts_submission")),
        sa.UniqueConstraint("thread_key", name=op.f("uq_posts_thread_key")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index("ix_posts_active", ["last_activity_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posts_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_posts_author_new", ["author_id", "created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posts_category_id"), ["category_id"], unique=False)
        batch_op.create_index("ix_posts_new", ["created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posts_pseudonym_id"), ["pseudonym_id"], unique=False)
        batch_op.create_index("ix_posts_top", ["useful_count", "id"], unique=False)
        batch_op.create_index("ix_posts_unanswered", ["comment_count", "created_at", "id"], unique=False)
        batch_op.create_index("ix_posts_vendor_active", ["vendor_id", "last_activity_at", "id"], unique=False)

    op.create_table(
        "comments",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("answer_count", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("pseudonym_id", sa.BigInteger(), nullable=True),
        sa.Column("listing_mark", sa.String(length=64), nullable=True),
        sa.Column("submission", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("edited_at", sa.DateTime(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.Column("hidden_at", sa.DateTime(), nullable=True),
        sa.Column("hidden_because", sa.Text(), nullable=True),
        sa.Column("useful_count", sa.Integer(), nullable=False),
        sa.Column("imported_from", sa.String(length=300), nullable=True),
        sa.CheckConstraint("author_id IS NULL OR pseudonym_id IS NULL", name=op.f("ck_comments_comments_one_author")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_comments_author_id_members"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["comments.id"], name=op.f("fk_comments_parent_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_comments_post_id_posts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["pseudonym_id"], ["pseudonyms.id"], name=op.f("fk_comments_pseudonym_id_pseudonyms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("imported_from", name=op.f("uq_comments_imported_from")),
        sa.UniqueConstraint("listing_mark", name=op.f("uq_comments_listing_mark")),
        sa.UniqueConstraint("submission", name=op.f("uq_comments_submission")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_comments_author_new", ["author_id", "created_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_comments_pseudonym_id"), ["pseudonym_id"], unique=False)
        batch_op.create_index("ix_comments_thread", ["post_id", "path"], unique=True)

    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_tags_post_id_posts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_post_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name=op.f("pk_post_tags")),
    )
    with op.batch_alter_table("post_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_tags_tag_id"), ["tag_id"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=140), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("facts", sa.String(length=400), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_revisions_of_one_thing")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_revisions_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_revisions_post_id_posts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.create_index("ix_revisions_comment", ["comment_id", "number"], unique=True)
        batch_op.create_index("ix_revisions_post", ["post_id", "number"], unique=True)

    op.create_table(
        "useful_marks",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(post_id IS NULL) <> (comment_id IS NULL)", name=op.f("ck_useful_marks_of_one_thing")),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_useful_marks_comment_id_comments"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_useful_marks_member_id_members"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_useful_marks_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_useful_marks")),
        sa.UniqueConstraint("member_id", "comment_id", name="uq_useful_marks_comment"),
        sa.UniqueConstraint("member_id", "post_id", name="uq_useful_marks_post"),
    )
    with op.batch_alter_table("useful_marks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_useful_marks_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_useful_marks_post_id"), ["post_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("useful_marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_useful_marks_post_id"))
        batch_op.drop_index(batch_op.f("ix_useful_marks_comment_id"))

    op.drop_table("useful_marks")
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_index("ix_revisions_post")
        batch_op.drop_index("ix_revisions_comment")

    op.drop_table("revisions")
    with op.batch_alter_table("post_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_tags_tag_id"))

    op.drop_table("post_tags")
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index("ix_comments_thread")
        batch_op.drop_index(batch_op.f("ix_comments_pseudonym_id"))
        batch_op.drop_index(batch_op.f("ix_comments_parent_id"))
        batch_op.drop_index("ix_comments_author_new")
        batch_op.drop_index(batch_op.f("ix_comments_author_id"))

    op.drop_table("comments")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index("ix_posts_vendor_active")
        batch_op.drop_index("ix_posts_unanswered")
        batch_op.drop_index("ix_posts_top")
        batch_op.drop_index(batch_op.f("ix_posts_pseudonym_id"))
        batch_op.drop_index("ix_posts_new")
        batch_op.drop_index(batch_op.f("ix_posts_category_id"))
        batch_op.drop_index("ix_posts_author_new")
        batch_op.drop_index(batch_op.f("ix_posts_author_id"))
        batch_op.drop_index("ix_posts_active")

    op.drop_table("posts")
    with op.batch_alter_table("tiers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tiers_programme_id"))

    op.drop_table("tiers")
    with op.batch_alter_table("vendor_domains", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vendor_domains_vendor_id"))

    op.drop_table("vendor_domains")
    with op.batch_alter_table("vendor_aliases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vendor_aliases_vendor_id"))

    op.drop_table("vendor_aliases")
    op.drop_table("programmes")
    with op.batch_alter_table("vendors", schema=None) as batch_op:
        batch_op.drop_index("ix_vendors_directory")
        batch_op.drop_index(batch_op.f("ix_vendors_category_id"))

    op.drop_table("vendors")
    with op.batch_alter_table("tag_synonyms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tag_synonyms_tag_id"))

    op.drop_table("tag_synonyms")
    op.drop_table("tags")
    op.drop_table("pseudonyms")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index("ix_members_unconfirmed")

    op.drop_table("members")
    op.drop_table("mails")
    op.drop_table("categories")
