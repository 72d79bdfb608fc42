"""Vendors of the catalogue: the list, one with its names, domains and programmes, and merging."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_merge_vendor
from forum.admin import merge_actions, vendor_actions
from forum.admin.vendor_forms import AliasForm, DomainForm, MergeForm, ProgrammeForm, RetireForm, VendorForm
from forum.admin.vendor_queries import MergePreview, merge_preview, search_vendors, vendor_for_edit
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.forms import Form
from forum.notifications.merging import move_follows
from forum.templating import count_of
from forum.text import fold
from forum.vendors.models import Vendor, VendorAlias, VendorDomain
from forum.web import require


@bp.get("/vendors")
def vendors() -> str:
    """List vendors by the beginning of a name."""
    words = request.args.get("q", "").strip()[:80]
    page = search_vendors(fold(words), request.args.get("after"))
    return render_template("admin/vendors.html", words=words, page=page)


@bp.route("/vendors/new", methods=["GET", "POST"])
@ADMIN_WRITES
def new_vendor() -> ResponseReturnValue:
    """Add a vendor to the catalogue."""
    form = VendorForm()
    if form.validate_on_submit():
        try:
            vendor = vendor_actions.add_vendor(current_user, **form.values())
        except ValueError as error:
            form.name.errors = [str(error)]
        else:
            return _saved(vendor, f"{vendor.name} is now in the catalogue. Next: its programme and tiers.")
    return form.render("admin/new_vendor.html")


@bp.get("/vendors/<slug>")
def vendor_page(slug: str) -> ResponseReturnValue:
    """Show one vendor."""
    return _page(_vendor(slug))


@bp.post("/vendors/<slug>/details")
@ADMIN_WRITES
def change_vendor(slug: str) -> ResponseReturnValue:
    """Change name, category and description."""
    vendor = _vendor(slug)
    form = VendorForm(data=_details_of(vendor))
    return _save(
        vendor,
        {"form": form},
        lambda: vendor_actions.update_vendor(current_user, vendor, **form.values()),
        "Vendor saved.",
    )


@bp.post("/vendors/<slug>/names")
@ADMIN_WRITES
def add_alias(slug: str) -> ResponseReturnValue:
    """Add another name."""
    vendor, form = _vendor(slug), AliasForm(prefix="alias-")
    return _save(
        vendor,
        {"alias": form},
        lambda: vendor_actions.add_alias(current_user, vendor, form.cleaned_name()),
        "Name added. It now leads to this vendor.",
    )


@bp.post("/vendors/<slug>/domains")
@ADMIN_WRITES
def add_domain(slug: str) -> ResponseReturnValue:
    """Add a domain."""
    vendor, form = _vendor(slug), DomainForm(prefix="domain-")
    return _save(
        vendor,
        {"domain": form},
        lambda: vendor_actions.add_domain(current_user, vendor, form.domain_name(), form.relation.data),
        "Domain added. People with an address there can't rate this vendor.",
        error_field="domain",
    )


@bp.post("/vendors/<slug>/programmes")
@ADMIN_WRITES
def add_programme(slug: str) -> ResponseReturnValue:
    """Add a programme; its tiers follow on its own page."""
    vendor, form = _vendor(slug), ProgrammeForm(prefix="programme-")
    return _save(
        vendor,
        {"programme": form},
        lambda: vendor_actions.add_programme(current_user, vendor, form.cleaned_name()),
        "Programme added. Now add its tiers.",
    )


@bp.post("/vendors/<slug>/remove")
@ADMIN_WRITES
def remove_entry(slug: str) -> ResponseReturnValue:
    """Remove an alias or a domain."""
    vendor = _vendor(slug)
    entries: dict[str, list[VendorAlias] | list[VendorDomain]] = {"alias": vendor.aliases, "domain": vendor.domains}
    entry_id = request.form.get("entry_id", "")
    for entry in entries.get(request.form.get("kind", ""), []):
        if str(entry.id) == entry_id:
            vendor_actions.remove_entry(current_user, vendor, entry)
            return _saved(vendor, "Removed.")
    flash("Already removed.")
    return redirect(url_for(".vendor_page", slug=slug))


@bp.post("/vendors/<slug>/retire")
@ADMIN_WRITES
def retire_vendor(slug: str) -> ResponseReturnValue:
    """Retire a vendor, or undo that."""
    vendor, form = _vendor(slug), RetireForm(prefix="retire-")
    if not form.validate():
        return _page(vendor, retire=form)
    reason = (form.reason.data or "").strip()
    is_retired = vendor.retired_at is not None
    if request.form.get("intent") == "restore" and is_retired:
        vendor_actions.restore_vendor(current_user, vendor, reason=reason)
    elif request.form.get("intent") == "retire" and not is_retired:
        vendor_actions.retire_vendor(current_user, vendor, reason=reason)
    is_retired = vendor.retired_at is not None
    now_is = "retired: it takes no new posts or ratings" if is_retired else "open to posts and ratings again"
    return _saved(vendor, f"{vendor.name} is {now_is}.")


@bp.route("/vendors/<slug>/merge", methods=["GET", "POST"])
@ADMIN_WRITES
def merge_vendor(slug: str) -> ResponseReturnValue:
    """Choose the other vendor, see what would move, and merge."""
    old = _vendor(slug)
    require(can_merge_vendor(current_user, old))
    form = MergeForm(old)
    preview = merge_preview(old)
    if not form.validate_on_submit() or form.target is None:
        return form.render("admin/merge.html", old=old, preview=preview, into=None)
    into = form.target
    if request.form.get("intent") != f"merge into {into.id}":
        return form.render("admin/merge.html", old=old, preview=preview, into=into)
    # By itself: a transaction that seals members' states anew moves no posts.
    move_follows("vendor", old.id, into.id)
    db.session.commit()
    try:
        summary = _summary(merge_preview(old, is_exact=True))
        merge_actions.merge_vendors(current_user, old, into, reason=form.reason_text(), summary=summary)
        db.session.commit()
    except merge_actions.NotInCatalogue:
        db.session.rollback()
        flash("Nothing was merged: one of the two vendors is no longer in the catalogue.")
        return redirect(url_for(".vendors"))
    flash(f"Merged. Its web addresses now lead to {into.name}. Scores will be updated in the next batch.")
    return redirect(url_for(".vendor_page", slug=into.slug))


def _vendor(slug: str) -> Vendor:
    """Return the vendor; redirect from a merged one to the other, and from a proposal to the list of proposals."""
    vendor: Vendor = db.first_or_404(vendor_for_edit(slug))
    if vendor.merged_into_id is not None:
        into = db.session.get_one(Vendor, vendor.merged_into_id)
        abort(redirect(url_for(".vendor_page", slug=into.slug)))
    if vendor.accepted_at is None:
        abort(redirect(url_for(".index")))
    return vendor


def _details_of(vendor: Vendor) -> dict[str, str]:
    return {"name": vendor.name, "category": vendor.category.slug, "description": vendor.description}


def _save(
    vendor: Vendor, submitted: dict[str, Form], action: Callable[[], object], message: str, error_field: str = "name"
) -> ResponseReturnValue:
    """Run the action of the one submitted form, or show the page with its errors; a ValueError is the field's."""
    (form,) = submitted.values()
    if form.validate():
        try:
            action()
        except ValueError as error:
            db.session.rollback()
            form[error_field].errors = [str(error)]
        else:
            return _saved(vendor, message)
    return _page(vendor, **submitted)


def _saved(vendor: Vendor, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message)
    return redirect(url_for(".vendor_page", slug=vendor.slug))


def _page(vendor: Vendor, **submitted: Form) -> ResponseReturnValue:
    """Show the page with its forms; the submitted one has errors."""
    forms: dict[str, Any] = {
        "form": VendorForm(formdata=None, data=_details_of(vendor)),
        "alias": AliasForm(formdata=None, prefix="alias-"),
        "domain": DomainForm(formdata=None, prefix="domain-"),
        "programme": ProgrammeForm(formdata=None, prefix="programme-"),
        "retire": RetireForm(formdata=None, prefix="retire-"),
    }
    page = render_template("admin/vendor.html", vendor=vendor, usage=merge_preview(vendor), **forms | submitted)
    return page, 422 if submitted else 200


def _summary(preview: MergePreview) -> str:
    """Return what was moved, for the log: "3 posts, 1 programme, ratings: 1 to 4"."""
    counts = [
        (preview.posts, "post", "posts"),
        (preview.programmes, "programme", "programmes"),
        (preview.domains, "domain", "domains"),
        (preview.aliases, "other name", "other names"),
        (preview.representatives, "representative", "representatives"),
    ]
    words = [count_of(*row) for row in counts if row[0]]
    words += [f"ratings: {preview.ratings}"] if preview.ratings != "none" else []
    return ", ".join(words) or "nothing to move"
