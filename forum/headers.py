"""Response headers: content security policy, caching, and compression."""

import gzip
import hashlib
import secrets
import zlib
from collections.abc import Iterable, Iterator

from flask import Flask, Response, current_app, g, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as WerkzeugResponse

from forum.gateway import STREAMED

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# How long a browser keeps to https, in seconds: two years, which the preload list of browsers asks for.
HSTS_SECONDS = 63_072_000
# Smaller responses are not worth compressing, in bytes.
MIN_GZIP_BYTES = 800
MAX_CACHED_FILES = 100
# The same for everybody, at addresses that change with the content.
FILE_ENDPOINTS = ("static", "branding.logo")
# A thread has links to edit and delete for its author alone. To someone on the network a member's page is a multiple of
# so many bytes long, and the header of a random length blurs what a compressing proxy would leave of the difference.
PADDED_ENDPOINTS = frozenset({"posts.show"})
PADDED_TO_BYTES = 8192
MAX_PADDING_HEADER = 1024
# A preview, or a form with an error. Back shows it from the browser's cache: it could only be had again by sending the
# form again, which browsers refuse (ERR_CACHE_MISS) or ask about.
COMPOSING_ANSWER = "private, no-cache, no-transform"
_gzip_cache: dict[str, bytes] = {}


def init_app(app: Flask) -> None:
    """Add the headers to every response of the application."""
    app.extensions["security_headers"] = _security_headers(app)
    app.after_request(_add_headers)


def _security_headers(app: Flask) -> list[tuple[str, str]]:
    headers = [
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        # no-referrer would break the CSRF check on https.
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if app.config["SITE_URL"].startswith("https://"):
        headers.append(("Strict-Transport-Security", f"max-age={HSTS_SECONDS}{app.config.get('HSTS', '')}"))
    return headers


def _add_headers(response: Response) -> WerkzeugResponse:
    headers = response.headers
    headers.extend(current_app.extensions["security_headers"])
    if request.endpoint in FILE_ENDPOINTS and response.status_code in (200, 206, 304):
        headers["Cache-Control"] = _file_caching()
        return _compress(response).make_conditional(request)
    if request.method == "POST" and response.status_code in (200, 422) and _is_composing():
        headers["Cache-Control"] = COMPOSING_ANSWER
        return response
    has_etag = response.get_etag()[0] is not None
    is_unknown = response.is_streamed and not has_etag
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or is_unknown:
        headers.setdefault("Cache-Control", "no-store")
        return response
    if headers.get("Cache-Control") == "no-store":
        return response
    if _is_personal():
        headers["Cache-Control"] = "no-store, no-transform"
        return response
    if _is_private():
        headers["Cache-Control"] = "private, no-cache, no-transform"
        return _pad(response) if request.endpoint in PADDED_ENDPOINTS else response
    headers.setdefault("Cache-Control", "public, no-cache")
    _add_vary(response, "Cookie, Accept-Encoding")
    if not has_etag:
        response.set_etag(etag_of(response.get_data()))
    return _compress(response).make_conditional(request)


def etag_of(data: bytes) -> str:
    """Return what names an answer by its content."""
    return hashlib.sha256(data, usedforsecurity=False).hexdigest()[:24]


def _file_caching() -> str:
    """Return the Cache-Control of a file. Under the URL of another version of the site, it must not be cached.

    While machines are upgraded one after the other, a page from one may ask another for its files.
    """
    if "v" not in request.args:
        return "public, max-age=604800"
    is_ours = request.args["v"] == g.get("file_version")
    return "public, max-age=31536000, immutable" if is_ours else "no-store"


def _pad(response: Response) -> Response:
    """Append spaces, and add a header of a random length."""
    data = response.get_data()
    response.set_data(data + b" " * (-len(data) % PADDED_TO_BYTES))
    response.headers["X-Padding"] = secrets.token_urlsafe(MAX_PADDING_HEADER)[: secrets.randbelow(MAX_PADDING_HEADER)]
    return response


def _is_personal() -> bool:
    """Return whether the page is for its reader alone or behind a secret link: Back must not show it later.

    Of a page on which people compose a text the browser keeps what was typed, so that Back does not lose it. Signing
    out clears such pages.
    """
    is_guarded = g.get("is_personal", False) and not _is_composing()
    return is_guarded or bool({"token", "secret"} & set(request.view_args or ()))


def _is_composing() -> bool:
    return hasattr(current_app.view_functions.get(request.endpoint or ""), "is_composing")


def _is_private() -> bool:
    """Return whether the page may differ from what a stranger without a cookie gets."""
    return bool(session) or bool(current_user.is_authenticated)


def _compress(response: Response) -> Response:
    """Compress the response with gzip if that is worth it.

    Never called for a member's page: its size would help to guess the tokens on it (the BREACH attack).
    """
    _add_vary(response, "Accept-Encoding")
    is_ready = "Content-Encoding" in response.headers
    if is_ready or response.status_code != 200 or not _accepts_gzip() or not _is_text(response):
        return response
    etag, _ = response.get_etag()
    if request.environ.get(STREAMED):
        response.response = _gzip_pieces(response.iter_encoded())
        response.headers["Content-Encoding"] = "gzip"
        response.set_etag(f"{etag}-gz")
        return response
    response.direct_passthrough = False
    data = response.get_data()
    if len(data) < MIN_GZIP_BYTES:
        return response
    # A static file's ETag changes with the file, so it may be the cache key.
    response.set_data(_gzip_static(etag, data) if etag and request.endpoint == "static" else _gzip(data, 4))
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        response.set_etag(etag + "-gz")
    return response


def _add_vary(response: Response, names: str) -> None:
    """Add names to the Vary header, if it lacks them."""
    present = response.headers.get("Vary")
    if not present:
        response.headers["Vary"] = names
    elif names not in present:
        response.vary.update(names.split(", "))


def _accepts_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0


def _gzip_static(etag: str, data: bytes) -> bytes:
    if etag not in _gzip_cache and len(_gzip_cache) < MAX_CACHED_FILES:
        _gzip_cache[etag] = _gzip(data, 9)
    return _gzip_cache.get(etag) or _gzip(data, 4)


def _gzip(data: bytes, level: int) -> bytes:
    return gzip.compress(data, level, mtime=0)


def _gzip_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of an answer compressed, as they are made."""
    packer = zlib.compressobj(4, wbits=zlib.MAX_WBITS | 16)  # with the header of gzip
    yield from filter(None, map(packer.compress, pieces))
    yield packer.flush()


def _is_text(response: Response) -> bool:
    mimetype = response.mimetype or ""
    return mimetype.startswith("text/") or mimetype.endswith(("+xml", "/xml", "javascript", "json"))
