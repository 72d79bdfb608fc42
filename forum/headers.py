"""What every answer carries beside its page: the content policy, who may keep it, and its squeezed form."""

import gzip
import hashlib

from flask import Flask, Response, current_app, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse


def init_app(app: Flask) -> None:
    """Put them on every answer of the application."""
    app.extensions["security_headers"] = _security_headers(app)
    app.after_request(_add_headers)


POLICY = "; ".join(
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


def _security_headers(app: Flask) -> list[tuple[str, str]]:
    headers = [
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        # no-referrer would break the CSRF check on https.
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if app.config["SITE_URL"].startswith("https://"):
        headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return headers


def _add_headers(response: Response) -> AnyResponse:
    headers = response.headers
    headers.extend(current_app.extensions["security_headers"])
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        headers["Cache-Control"] = "public, max-age=" + ("31536000, immutable" if "v" in request.args else "604800")
        return _compress(response)
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.is_streamed:
        headers.setdefault("Cache-Control", "no-store")
        return response
    if headers.get("Cache-Control") == "no-store":
        return response
    if _is_private():
        headers["Cache-Control"] = "private, no-cache"
        return response
    headers.setdefault("Cache-Control", "public, no-cache")
    _vary(response, "Cookie, Accept-Encoding")
    response.set_etag(hashlib.sha256(response.get_data(), usedforsecurity=False).hexdigest()[:24])
    return _compress(response).make_conditional(request)


def _is_private() -> bool:
    """Whether the page is anybody's but a stranger's who carries no cookie."""
    return bool(session) or bool(current_user.is_authenticated)


def _compress(response: Response) -> Response:
    """Squeezed, when it is worth it. Pages of one reader are left alone: they hold tokens."""
    _vary(response, "Accept-Encoding")
    if response.status_code != 200 or not _accepts_gzip() or not _is_text(response):
        return response
    response.direct_passthrough = False
    data = response.get_data()
    if len(data) < 800:
        return response
    etag, _ = response.get_etag()
    # A static file's tag changes with the file.
    response.set_data(_gzip_static(etag, data) if etag and request.endpoint == "static" else _gzip(data, 4))
    response.headers["Content-Encoding"] = "gzip"
    if etag:
        response.set_etag(etag + "-gz")
    return response


def _vary(response: Response, names: str) -> None:
    """Say what the answer depends on, beside what it says already."""
    said = response.headers.get("Vary")
    if not said:
        response.headers["Vary"] = names
    elif names not in said:
        response.vary.update(names.split(", "))


def _accepts_gzip() -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "") and "gzip" in request.accept_encodings


_gzip_cache: dict[str, bytes] = {}


def _gzip_static(tag: str, data: bytes) -> bytes:
    if tag not in _gzip_cache and len(_gzip_cache) < 100:
        _gzip_cache[tag] = _gzip(data, 9)
    return _gzip_cache.get(tag) or _gzip(data, 4)


def _gzip(data: bytes, level: int) -> bytes:
    return gzip.compress(data, level, mtime=0)


def _is_text(response: Response) -> bool:
    kind = response.mimetype or ""
    return kind.startswith("text/") or kind.endswith(("+xml", "/xml", "javascript", "json"))
