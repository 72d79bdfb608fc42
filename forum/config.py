"""Settings: every FORUM_* environment variable, its type and its default, checked when the application starts."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting that is unknown, malformed or missing; the text says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """One field per variable: `port` is FORUM_PORT. Empty text means "not set"."""

    environment: str = "local"  # local: makes its own keys. production: refuses to start without them
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    site_name: str = "Full Duplex"
    site_url: str = ""  # the public address, https://forum.example; local default: http://host:port
    trusted_hosts: str = ""  # further host names, separated by commas
    proxies: int = 0  # how many reverse proxies stand in front and set X-Forwarded-*
    instance: str = "instance"  # the folder for what must outlive an upgrade
    database_url: str = ""  # default: SQLite in the instance folder
    redis_url: str = ""  # shared limits and jobs for several processes or machines
    secret_key: str = ""  # signs sessions and mailed links
    anonymity_key: str = ""  # ties anonymous writing to its author; never in the database
    anonymity_key_file: str = ""
    old_anonymity_keys: str = ""  # earlier keys after a rotation, separated by commas
    mail_url: str = ""  # smtp://user:password@host:587, smtps://..., or file:folder
    mail_from: str = "Full Duplex <forum@localhost>"
    log_level: str = "INFO"


def from_environment(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The configuration of a Flask application, from FORUM_* variables.

    Raises SettingsError for a variable nobody knows, a value of the wrong type, or a key missing in production.
    """
    environ = os.environ if environ is None else environ
    settings = _read(environ)
    _check(settings)
    instance = _folder(Path(settings.instance).resolve())
    site_url = (settings.site_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    if urlsplit(site_url).scheme not in ("http", "https"):
        raise SettingsError("FORUM_SITE_URL starts with http:// or https://.")
    secure = site_url.startswith("https://")
    keys = _keys(settings, instance)
    return {
        "SETTINGS": settings,
        "INSTANCE": instance,
        "SITE_NAME": settings.site_name,
        "SITE_URL": site_url,
        "SECRET_KEY": keys["secret"],
        "ANONYMITY_KEYS": [keys["anonymity"], *_split(settings.old_anonymity_keys)],
        "SQLALCHEMY_DATABASE_URI": _database_url(settings, instance),
        "REDIS_URL": settings.redis_url,
        "JOBS_URL": settings.redis_url or f"sqlite:{instance / 'jobs.sqlite'}",
        "MAIL_URL": settings.mail_url or f"file:{instance / 'mail'}",
        "MAIL_FROM": settings.mail_from,
        "TRUSTED_HOSTS": _hosts(settings, site_url),
        "PROXIES": settings.proxies,
        "LOG_LEVEL": settings.log_level.upper(),
        # Moderators and admins need a second factor; on a laptop it is offered, not demanded.
        "STAFF_SECOND_FACTOR": settings.environment == "production",
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "SESSION_COOKIE_SECURE": secure,
        "REMEMBER_COOKIE_SECURE": secure,
        **CONSTANT_CONFIG,
    }


# What does not depend on where the site runs.
CONSTANT_CONFIG: dict[str, Any] = {
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "REMEMBER_COOKIE_HTTPONLY": True,
    "REMEMBER_COOKIE_SAMESITE": "Lax",
    "REMEMBER_COOKIE_DURATION": 60 * 24 * 3600,
    "PERMANENT_SESSION_LIFETIME": 14 * 24 * 3600,
    # A form that was open all night still goes through; the token ends with the session.
    "WTF_CSRF_TIME_LIMIT": None,
    # MAX_FORM_MEMORY_SIZE covers multipart only, so the whole body is capped as well.
    "MAX_CONTENT_LENGTH": 1_000_000,
    "MAX_FORM_MEMORY_SIZE": 1_000_000,
    "MAX_FORM_PARTS": 400,
    "RATELIMIT_HEADERS_ENABLED": True,
}


def _read(environ: Mapping[str, str]) -> Settings:
    types = get_type_hints(Settings)
    known = {f"FORUM_{field.name.upper()}": field.name for field in fields(Settings)}
    given: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith("FORUM_") or variable.startswith("FORUM_TEST_"):
            continue
        if variable not in known:
            raise SettingsError(f"{variable} is not a setting of this version. Known: {', '.join(sorted(known))}.")
        name = known[variable]
        if types[name] is int:
            if not value.isdecimal():
                raise SettingsError(f"{variable} is a whole number, not {value!r}.")
            given[name] = int(value)
        else:
            given[name] = value
    return Settings(**given)


# What an address in a setting may begin with.
URL_PREFIXES = {
    "database_url": ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
    "mail_url": ("smtp://", "smtps://", "file:"),
}


def _check(settings: Settings) -> None:
    """Refuse what would only fail later, and say so less clearly."""
    if settings.environment not in ("local", "production"):
        raise SettingsError("FORUM_ENVIRONMENT is either 'local' or 'production'.")
    if not 1 <= settings.port <= 65535:
        raise SettingsError("FORUM_PORT is a number from 1 to 65535.")
    if settings.workers < 1:
        raise SettingsError("FORUM_WORKERS is at least 1.")
    if settings.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("FORUM_LOG_LEVEL is DEBUG, INFO, WARNING or ERROR.")
    for name, beginnings in URL_PREFIXES.items():
        if (url := getattr(settings, name)) and not url.startswith(beginnings):
            raise SettingsError(f"FORUM_{name.upper()} begins with {', '.join(beginnings)}.")


def _folder(instance: Path) -> Path:
    """The instance folder, made for its owner alone if it is not there."""
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingsError(f"FORUM_INSTANCE: the folder {instance} cannot be made ({problem.strerror}).") from None
    return instance


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _hosts(settings: Settings, site_url: str) -> list[str]:
    local = ["localhost", "127.0.0.1", "[::1]"] if settings.environment == "local" else []
    return [host for host in [urlsplit(site_url).hostname or "", settings.host, *local] if host] + _split(
        settings.trusted_hosts
    )


def _database_url(settings: Settings, instance: Path) -> str:
    url = settings.database_url or f"sqlite:///{instance / 'forum.sqlite'}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _keys(settings: Settings, instance: Path) -> dict[str, str]:
    """The two keys. Locally they are made once and kept in the instance folder, readable by the owner alone."""
    given = {"secret": settings.secret_key, "anonymity": settings.anonymity_key}
    if settings.anonymity_key_file and not given["anonymity"]:
        given["anonymity"] = _key_from(Path(settings.anonymity_key_file))
    for name, value in given.items():
        variable = f"FORUM_{name.upper()}_KEY"
        if value and len(value) < 32:
            raise SettingsError(f"{variable} has fewer than 32 characters. Make one with: openssl rand -hex 32")
        if not value and settings.environment == "production":
            raise SettingsError(f"{variable} is not set. In production it must be. Make one with: openssl rand -hex 32")
        given[name] = value or _kept_key(instance / f"{name}.key")
    if any(len(old) < 32 for old in _split(settings.old_anonymity_keys)):
        raise SettingsError("FORUM_OLD_ANONYMITY_KEYS holds a key with fewer than 32 characters.")
    return given


def _key_from(file: Path) -> str:
    if not file.is_file():
        raise SettingsError(f"FORUM_ANONYMITY_KEY_FILE: there is no file {file}.")
    return _own_key(file)


def _own_key(file: Path) -> str:
    if file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} can be read by others than its owner. Set it right with: chmod 600 {file}")
    key = file.read_text().strip()
    if len(key) < 32:
        raise SettingsError(f"{file} has fewer than 32 characters. Make a key with: openssl rand -hex 32")
    return key


def _kept_key(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _own_key(file)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(secrets.token_hex(32))
    return _own_key(file)
