"""Build a vendor's page: what is the same for all members is cached until something on it changes."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from flask import current_app, get_template_attribute
from markupsafe import Markup

from forum import fragments
from forum.access import can_open_dashboard, is_anonymous_writing_locked, is_member, is_moderator
from forum.accounts.models import Member
from forum.db import now
from forum.fragments import Values, Version, mark
from forum.notifications.follow_parts import FollowParts
from forum.notifications.following import topic_follow
from forum.pages.ranking.rankings import all_vendor_scores
from forum.pages.saved.sealed_lists import unseal_lists
from forum.pages.vendor.context import compare_with_others, vendor_context
from forum.pages.vendor.post_filters import vendor_posts
from forum.pages.vendor.reader_queries import reader_rows
from forum.ratings.queries import published_history, rater_hmacs_of
from forum.urls import path_of
from forum.vendors.lookup import vendor_or_404
from forum.vendors.models import Vendor
from forum.vendors.queries import programme_changes

# Roughly how many bytes of memory a vendor takes.
VENDOR_SIZE = 1_000


class VendorFacts(NamedTuple):
    """What a reader's own parts of the page depend on."""

    id: int
    slug: str
    name: str
    post_count: int
    is_accepted: bool
    programme_ids: tuple[int, ...]


class OwnParts(NamedTuple):
    """What the page shows of its reader's own."""

    vendor: VendorFacts
    follow: FollowParts
    is_listed: bool = False
    has_rated: bool = False

    @property
    def rate_label(self) -> str:
        """Return the label of the button for a rating."""
        return "Revise your rating" if self.has_rated else f"Rate {self.vendor.name}"

    def shortlist_html(self) -> Markup:
        """Return the button that adds the vendor to a member's shortlist."""
        if not self.vendor.is_accepted:
            return Markup()
        button = get_template_attribute("saved/_shortlist.html", "shortlist_button")
        html: Markup = button(self.vendor, self.is_listed, self.follow.page_path)
        return html

    def html(self, reader: Member) -> dict[str, object]:
        """Return the parts by their names in the template."""
        shortlist = self.shortlist_html() if reader.is_authenticated else Markup()
        return {"rate_label": self.rate_label, "shortlist_html": shortlist, **self.follow.html(reader)}

    def gaps(self, key: tuple[str, str], version: Version, reader: Member) -> Values:
        """Return functions that make them for a member."""
        return {
            "rate_label": lambda: self.rate_label,
            "shortlist_html": lambda: fragments.render_part(
                (key, "shortlist", self.is_listed), version, self.shortlist_html, reader
            ),
            **self.follow.gaps(key, version, reader),
        }


def facts_of(vendor: Vendor) -> VendorFacts:
    """Return what is cached of a vendor."""
    programme_ids = tuple(programme.id for programme in vendor.programmes)
    is_accepted = vendor.accepted_at is not None
    return VendorFacts(vendor.id, vendor.slug, vendor.name, vendor.post_count, is_accepted, programme_ids)


def own_parts(vendor: VendorFacts, reader: Member) -> OwnParts:
    """Return a reader's own parts. Takes one query for a member who does not follow the vendor.

    A rating that they gave anonymously to a vendor that was merged into this one is not found.
    """
    paths = path_of("following.follow_vendor", slug=vendor.slug), path_of("pages.vendor", slug=vendor.slug)
    parts = OwnParts(vendor, FollowParts(paths[0], vendor.name, paths[1], None))
    if not is_member(reader):
        return parts
    is_locked = is_anonymous_writing_locked(reader)
    hmacs = [] if is_locked else rater_hmacs_of(reader.secret, vendor.id, vendor.programme_ids)
    rows = reader_rows(reader.id, vendor.id, hmacs)
    follow = topic_follow(reader, rows.state, "vendor", vendor.id, vendor.post_count)
    return parts._replace(
        follow=parts.follow._replace(follow=follow),
        is_listed=vendor.slug in unseal_lists(rows.saved_lists).shortlist,
        has_rated=rows.has_rated and not is_locked,
    )


def vendor_values(vendor: Vendor, args: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page's template needs for any reader."""
    return {"vendor": vendor, "posts": vendor_posts(vendor, args), **published_scores(vendor, args)}


def published_scores(vendor: Vendor, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the template values for a vendor's published scores."""
    history = published_history(vendor.id)
    return {
        "site": history.site,
        "snapshot": history.current,
        "others": compare_with_others(all_vendor_scores(current_app.config["SQLALCHEMY_DATABASE_URI"]), vendor.slug),
        **vendor_context(vendor, history.current, history.snapshots, programme_changes(vendor.id), args),
    }


def has_dashboard(reader: Member, vendor: VendorFacts) -> bool:
    """Return whether the page leads to the dashboard of the vendor's representative; moderators see who that is."""
    return can_open_dashboard(reader, vendor) and not is_moderator(reader)


def shared_vendor(slug: str, args: Mapping[str, str], version: Version, reader: Member) -> bytes | None:
    """Return the page for a member, of what is cached for all members and of the reader's own parts.

    None for a proposal, which only moderators see. Aborts as `vendor_or_404` does.
    """
    row = cache(lambda: vendor_or_404(slug, reader))
    key = ("vendor", slug)
    facts = fragments.cached(key, version, lambda: facts_of(row()), lambda facts: VENDOR_SIZE)
    if not facts.is_accepted:
        return None
    parts, dashboard = own_parts(facts, reader), has_dashboard(reader, facts)
    gaps = parts.gaps(key, version, reader)
    return fragments.render_shared(
        "pages/vendor.html",
        # The trend and the years of the filter depend on the day.
        (*key, tuple(sorted(args.items())), dashboard, now().date()),
        version,
        lambda: vendor_values(row(), args) | {"has_dashboard": dashboard} | {name: mark(name) for name in gaps},
        gaps,
        reader,
    )
