"""Vendors of the catalogue: the list, one with its names, domains and programmes, and letting one go into another."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from forum.access import can_merge_vendor
from forum.admin import merge_actions, vendor_actions
from forum.admin.vendor_forms import AliasForm, DomainForm, MergeForm, ProgrammeForm, VendorForm
from forum.admin.vendor_queries import merge_preview, vendor_for_edit, search_vendors
from forum.admin.views import bp, ADMIN_WRITES
from forum.db import db
from forum.text import fold
from forum.vendors.models import Vendor
from forum.forms import Form
from forum.templating import count_of
from forum.web import require

COUNT_LABELS = {
    "experiences": ("experience", "experiences"),
    "programmes": ("programme", "programmes"),
    "domains": ("domain", "domains"),
    "aliases": ("other name", "other names"),
    "representatives": ("representative", "representatives"),
}


@bp.get("/vendors")
def vendors() -> str:
    """Vendors by the beginning of a name."""
    words = request.args.get("q", "").strip()[:80]
    return render_template(
        "admin/vendors.html", words=words, page=search_vendors(fold(words), request.args.get("after"))
    )


@bp.get("/vendors/<slug>")
def vendor_page(slug: str) -> Any:
    """One vendor."""
    return _page(_found(slug))


@bp.post("/vendors/<slug>/details")
@ADMIN_WRITES
def change_vendor(slug: str) -> Any:
    """Name, category, description."""
    vendor, form = _found(slug), VendorForm()
    return _change(
        vendor,
        {"form": form},
        lambda: vendor_actions.update_vendor(current_user, vendor, **form.values()),
        "The vendor is changed.",
    )


@bp.post("/vendors/<slug>/names")
@ADMIN_WRITES
def add_alias(slug: str) -> Any:
    """Another name that people use."""
    vendor, form = _found(slug), AliasForm(prefix="alias-")
    return _change(
        vendor,
        {"alias": form},
        lambda: vendor_actions.add_alias(current_user, vendor, form.cleaned_name()),
        "The name leads to this vendor now.",
    )


@bp.post("/vendors/<slug>/domains")
@ADMIN_WRITES
def add_domain(slug: str) -> Any:
    """Another domain."""
    vendor, form = _found(slug), DomainForm(prefix="domain-")
    return _change(
        vendor,
        {"domain": form},
        lambda: vendor_actions.add_domain(current_user, vendor, form.domain_name(), form.relation.data),
        "Whoever has an address there cannot rate this vendor.",
        blamed="domain",
    )


@bp.post("/vendors/<slug>/programmes")
@ADMIN_WRITES
def add_programme(slug: str) -> Any:
    """A programme; its tiers follow on its own page."""
    vendor, form = _found(slug), ProgrammeForm(prefix="programme-")
    return _change(
        vendor,
        {"programme": form},
        lambda: vendor_actions.add_programme(current_user, vendor, form.cleaned_name()),
        "The programme is in the catalogue. Its tiers come next.",
    )


@bp.post("/vendors/<slug>/remove")
@ADMIN_WRITES
def remove_entry(slug: str) -> Any:
    """An alias or a domain less. Nothing hangs on either."""
    vendor = _found(slug)
    kind, number = request.form.get("kind"), request.form.get("number", "")
    own: list[Any] = [*(vendor.aliases if kind == "alias" else vendor.domains if kind == "domain" else [])]
    thing = next((one for one in own if str(one.id) == number), None)
    if thing is not None:
        vendor_actions.remove_entry(current_user, vendor, thing)
        return _done(vendor, "Removed.")
    flash("That was gone already.")
    return redirect(url_for(".vendor_page", slug=slug))


@bp.route("/vendors/<slug>/merge", methods=["GET", "POST"])
@ADMIN_WRITES
def merge_vendor(slug: str) -> Any:
    """Say into which vendor; see what goes along; do it."""
    old = _found(slug)
    require(can_merge_vendor(current_user, old))
    form = MergeForm(old)
    told = merge_preview(old)
    if not form.validate_on_submit() or form.target is None:
        return form.render("admin/merge.html", old=old, told=told, into=None)
    into = form.target
    if request.form.get("intent") != f"merge into {into.id}":
        return form.render("admin/merge.html", old=old, told=told, into=into)
    try:
        merge_actions.merge_vendors(current_user, old, into, reason=form.reason_text(), preview=_in_words(told))
        db.session.commit()
    except merge_actions.NotInCatalogue:
        db.session.rollback()
        flash("Nothing was merged: one of the two is not in the catalogue any more.")
        return redirect(url_for(".vendors"))
    flash(f"Merged. Its addresses lead to {into.name}; figures follow with the next batch.")
    return redirect(url_for(".vendor_page", slug=into.slug))


def _found(slug: str) -> Vendor:
    """The vendor, if it is in the catalogue; of one that went into another, the other."""
    found: Vendor = db.first_or_404(vendor_for_edit(slug))
    if found.merged_into_id is not None:
        into = db.session.get_one(Vendor, found.merged_into_id)
        abort(redirect(url_for(".vendor_page", slug=into.slug)))
    if found.accepted_at is None:
        abort(redirect(url_for(".index")))
    return found


def _change(vendor: Vendor, sent: dict[str, Form], do: Callable[[], object], words: str, blamed: str = "name") -> Any:
    """Do what the one form that was sent says, or show the page with it: the field to be blamed says why not."""
    (form,) = sent.values()
    if form.validate():
        try:
            do()
        except ValueError as problem:
            db.session.rollback()
            form[blamed].errors = [str(problem)]
        else:
            return _done(vendor, words)
    return _page(vendor, **sent)


def _done(vendor: Vendor, words: str) -> Any:
    db.session.commit()
    flash(words)
    return redirect(url_for(".vendor_page", slug=vendor.slug))


def _page(vendor: Vendor, **forms: Any) -> Any:
    """The page with its forms; the one given has errors."""
    wrong = 422 if forms else 200
    forms.setdefault(
        "form", VendorForm(formdata=None, name=vendor.name, category=vendor.category.slug, description=vendor.description)
    )
    forms.setdefault("alias", AliasForm(formdata=None, prefix="alias-"))
    forms.setdefault("domain", DomainForm(formdata=None, prefix="domain-"))
    forms.setdefault("programme", ProgrammeForm(formdata=None, prefix="programme-"))
    return render_template("admin/vendor.html", vendor=vendor, told=merge_preview(vendor), **forms), wrong


def _in_words(told: dict[str, str]) -> str:
    """ "3 experiences, ratings: 1 to 4, 1 programme"."""
    words = [count_of(int(told[key].replace(",", "")), *kind) for key, kind in COUNT_LABELS.items() if told[key] != "0"]
    words += [f"ratings: {told['ratings']}"] if told["ratings"] != "none" else []
    return ", ".join(words) or "nothing hung on it"
