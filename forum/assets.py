"""Static files and their URLs; the stylesheet and some scripts are joined from several files."""

import hashlib
from functools import cache

from flask import Flask, Response, g, request

from forum import db
from forum.urls import path_of, script_root

# Files that are joined from others, in order: a page asks for one instead of many.
STYLESHEET = "app.css"
# Of two equal rules the later one wins.
STYLES = """
    layers fonts reset tokens base layout
    buttons forms tabs filters bylines post_rows sidebar charts tables post comments threads rich_text
    vendor comparison saved compose writing rating_form moderation search messages notifications small_screens
    utilities print
""".split()
SCRIPTS = {
    "js/thread.js": "keyboard thread_position thread_tools thread_news".split(),
    "js/writing.js": "text_toolbar live_preview drafts submit_shortcut character_counter mention_completion".split(),
}
JOINED = {STYLESHEET: "text/css", **dict.fromkeys(SCRIPTS, "text/javascript")}


def init_app(app: Flask) -> None:
    """Serve the joined files as static files like the others."""

    def static(filename: str) -> Response:
        if filename not in JOINED:
            response = app.send_static_file(filename)
            g.file_version = _version_of(filename)
            return response
        g.file_version = _version_of(filename)
        response = Response(_content_of(filename), mimetype=JOINED[filename])
        response.set_etag(_version_of(filename))
        response.make_conditional(request)
        return response

    app.view_functions["static"] = static
    for name in JOINED:
        _content_of(name)  # a missing file shows at start-up, not at the first visit


def asset(name: str) -> str:
    """Return a static file's URL, which changes when the file does."""
    return _url_of(name, script_root())


@cache
def _url_of(name: str, root: str) -> str:
    return path_of("static", filename=name, v=_version_of(name))


@cache
def _version_of(name: str) -> str:
    return hashlib.sha256(_content_of(name)).hexdigest()[:10]


@cache
def _content_of(name: str) -> bytes:
    folder = db.package_folder("static")
    if name == STYLESHEET:
        return b"".join((folder / "css" / f"{style}.css").read_bytes() for style in STYLES)
    if name in SCRIPTS:
        # A block each: what one declares, the others do not see.
        return b"".join(b"{\n%s}\n" % (folder / "js" / f"{script}.js").read_bytes() for script in SCRIPTS[name])
    return (folder / name).read_bytes()
