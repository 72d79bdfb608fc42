"""Settings: every FORUM_* environment variable with its type and default, checked when the application starts."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting is unknown, malformed or missing; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """One field per variable: `port` is FORUM_PORT. Empty text means "not set"."""

    environment: str = "local"  # "local" creates keys; "production" refuses to start without them
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    page_cache: int = 16  # MB of memory in each worker for strangers' pages; 0 turns the cache off
    site_name: str = "Full Duplex"
    site_url: str = ""  # the public address, such as https://forum.example; default: http://host:port
    hsts: str = "host"  # with https: "subdomains" and "preload" bind browsers for all names below it, too
    trusted_hosts: str = ""  # further host names, separated by commas
    proxies: int = 0  # how many reverse proxies in front set X-Forwarded-*
    instance: str = "instance"  # the folder for data that outlives an upgrade
    database_url: str = ""  # default: SQLite in the instance folder
    replica_url: str = ""  # a standby of that PostgreSQL server, which answers pages while it is up to date
    prepared_statements: str = "on"  # "off" behind a pooler that does not support them
    redis_url: str = ""  # for rate limits and jobs shared by several processes or machines
    secret_key: str = ""  # signs sessions and mailed links
    anonymity_key: str = ""  # ties anonymous texts to their authors; never in the database
    anonymity_key_file: str = ""
    old_anonymity_keys: str = ""  # earlier keys after a rotation, separated by commas
    backups: str = "off"  # "daily": the jobs make one every night
    backup_folder: str = ""  # default: backups in the instance folder
    mail_url: str = ""  # smtp://user:password@host:587, smtps://..., or file:folder; ?tls=off allows mail in clear
    mail_from: str = "Full Duplex <forum@localhost>"
    metrics: str = ""  # host:port where Prometheus reads; off by default
    sentry_dsn: str = ""  # where errors are sent, without anything personal
    log_level: str = "INFO"


def from_environment(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the configuration of a Flask application, read from FORUM_* variables.

    Raises SettingsError for an unknown variable, a wrong value, or a key that is missing in production.
    """
    environ = os.environ if environ is None else environ
    settings = _read(environ)
    _check(settings)
    instance, site_url = _create_folder(Path(settings.instance).resolve()), _site_url(settings)
    keys = _keys(settings, instance)
    return {
        "SETTINGS": settings,
        "INSTANCE": instance,
        "SITE_NAME": settings.site_name,
        "SITE_URL": site_url,
        "SECRET_KEY": keys["secret"],
        "ANONYMITY_KEYS": [keys["anonymity"], *_split(settings.old_anonymity_keys)],
        **_service_urls(settings, instance),
        "MAIL_FROM": settings.mail_from,
        "TRUSTED_HOSTS": _hosts(settings, site_url),
        **{"PROXIES": settings.proxies, "PAGE_CACHE": settings.page_cache},
        "LOG_LEVEL": settings.log_level.upper(),
        # Moderators and admins need two-factor authentication; on a laptop it is optional.
        **dict.fromkeys(("IS_PRODUCTION", "STAFF_TWO_FACTOR"), settings.environment == "production"),
        **_https(settings, site_url),
        **CONSTANT_CONFIG,
    }


# Requests by these methods change nothing: programs that scan mail and pages send them unasked.
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# The longest body of a request, in bytes.
MAX_BODY = 1_000_000
# The same for a file that is sent as evidence: 10 MB, and the form around it.
MAX_UPLOAD = 10_100_000
_UPLOAD_PATH = re.compile(r"/evidence/(of/)?[\w-]+$")
# The part of the configuration that no setting changes.
CONSTANT_CONFIG: dict[str, object] = {
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "REMEMBER_COOKIE_HTTPONLY": True,
    "REMEMBER_COOKIE_SAMESITE": "Lax",
    "REMEMBER_COOKIE_DURATION": 60 * 24 * 3600,
    "PERMANENT_SESSION_LIFETIME": 14 * 24 * 3600,
    # A form that was open all night is still accepted; the token expires with the session.
    "WTF_CSRF_TIME_LIMIT": None,
    # MAX_FORM_MEMORY_SIZE covers multipart forms only; this covers every body.
    "MAX_CONTENT_LENGTH": MAX_BODY,
    "MAX_FORM_MEMORY_SIZE": MAX_BODY,
    "MAX_FORM_PARTS": 400,
    "RATELIMIT_HEADERS_ENABLED": True,
}


def is_upload(path: str) -> bool:
    """Return whether a body sent to this path may be as long as MAX_UPLOAD, below whichever prefix the site is."""
    return _UPLOAD_PATH.search(path) is not None


def _read(environ: Mapping[str, str]) -> Settings:
    types = get_type_hints(Settings)
    names = {f"FORUM_{field.name.upper()}": field.name for field in fields(Settings)}
    values: dict[str, Any] = {}
    for variable, value in environ.items():
        if not variable.startswith("FORUM_") or variable.startswith("FORUM_TEST_"):
            continue
        if variable not in names:
            raise SettingsError(f"{variable} is not a setting of this version. Settings: {', '.join(sorted(names))}.")
        name = names[variable]
        if types[name] is int:
            if not value.isdecimal():
                raise SettingsError(f"{variable} must be a whole number, not {value!r}.")
            values[name] = int(value)
        else:
            values[name] = value
    return Settings(**values)


CHOICES = {"environment": ("local", "production"), "backups": ("daily", "off"), "prepared_statements": ("on", "off")}
# What a URL in a setting may begin with.
URL_PREFIXES = {
    "database_url": ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://"),
    "replica_url": ("postgresql://", "postgres://", "postgresql+psycopg://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
    "mail_url": ("smtp://", "smtps://", "file:"),
    "sentry_dsn": ("https://", "http://"),
}
# Settings that need a package which is not always installed: its module and its name.
PACKAGES = {
    "redis_url": ("redis", "redis"),
    "metrics": ("prometheus_client", "prometheus-client"),
    "sentry_dsn": ("sentry_sdk", "sentry-sdk"),
}
# What follows the time in the Strict-Transport-Security header.
HSTS = {"host": "", "subdomains": "; includeSubDomains", "preload": "; includeSubDomains; preload"}
# What FORUM_MAIL_URL ends with, after a question mark, when mail may go out in clear.
TLS_OFF = "tls=off"


def _check(settings: Settings) -> None:
    """Raise SettingsError for values that would fail later with a less clear message."""
    for name, choices in CHOICES.items():
        if getattr(settings, name) not in choices:
            raise SettingsError(f"FORUM_{name.upper()} must be {' or '.join(choices)}.")
    if not 1 <= settings.port <= 65535:
        raise SettingsError("FORUM_PORT must be a number from 1 to 65535.")
    if settings.workers < 1:
        raise SettingsError("FORUM_WORKERS must be at least 1.")
    if settings.hsts not in HSTS:
        raise SettingsError(f"FORUM_HSTS must be one of {', '.join(HSTS)}.")
    if settings.log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError("FORUM_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
    for name, prefixes in URL_PREFIXES.items():
        if (url := getattr(settings, name)) and not url.startswith(prefixes):
            raise SettingsError(f"FORUM_{name.upper()} must begin with one of {', '.join(prefixes)}.")
    if (query := urlsplit(settings.mail_url).query) and query != TLS_OFF:
        raise SettingsError(f"After a question mark, FORUM_MAIL_URL can only have {TLS_OFF}.")
    if settings.replica_url and not settings.database_url.startswith("postgres"):
        raise SettingsError("FORUM_REPLICA_URL is a standby of PostgreSQL: it needs FORUM_DATABASE_URL.")
    if settings.metrics and not settings.metrics.rpartition(":")[2].isdecimal():
        raise SettingsError("FORUM_METRICS must be an address and a port, such as 127.0.0.1:9100.")
    for name, (module, package) in PACKAGES.items():
        if getattr(settings, name) and find_spec(module) is None:
            variable = f"FORUM_{name.upper()}"
            raise SettingsError(f"{variable} needs the Python package {package}: pip install {package}")


def _create_folder(instance: Path) -> Path:
    """Create the instance folder, for its owner alone, unless it exists."""
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"FORUM_INSTANCE: can't create the folder {instance} ({error.strerror}).") from None
    if not os.access(instance, os.W_OK | os.X_OK):
        raise SettingsError(f"FORUM_INSTANCE: can't write to the folder {instance}.")
    return instance


class Ipv6Host(str):
    """An IPv6 address in brackets, as a trusted host: the library takes what follows the first colon for a port."""

    def partition(self, separator: str) -> tuple[str, str, str]:
        """Return the whole address: no port follows."""
        return str(self), "", ""


def url_host(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets."""
    return Ipv6Host(f"[{host.strip('[]')}]") if host.count(":") > 1 else host


def _site_url(settings: Settings) -> str:
    url = (settings.site_url or f"http://{url_host(settings.host)}:{settings.port}").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsError("FORUM_SITE_URL must begin with http:// or https://.")
    return url


def _https(settings: Settings, site_url: str) -> dict[str, object]:
    """Return what https requires: cookies for it alone, and how far browsers are bound to it."""
    secure = site_url.startswith("https://")
    return {
        "SESSION_COOKIE_SECURE": secure,
        "REMEMBER_COOKIE_SECURE": secure,
        "HSTS": HSTS[settings.hsts],
    }


def _service_urls(settings: Settings, instance: Path) -> dict[str, object]:
    """Return where database, queue, mail, rate limits and backups are: in the instance folder unless set otherwise."""
    return {
        "SQLALCHEMY_DATABASE_URI": _driver_url(settings.database_url or f"sqlite:///{instance / 'forum.sqlite'}"),
        "REPLICA_URL": _driver_url(settings.replica_url),
        "PREPARED_STATEMENTS": settings.prepared_statements == "on",
        "REDIS_URL": settings.redis_url,
        "JOBS_URL": settings.redis_url or f"sqlite:{instance / 'jobs.sqlite'}",
        "MAIL_URL": settings.mail_url or f"file:{instance / 'mail'}",
        "RATELIMIT_STORAGE_URI": settings.redis_url or f"localfile://{instance / 'limits.sqlite'}",
        "SENTRY_DSN": settings.sentry_dsn,
        "METRICS": settings.metrics,
        "METRICS_FOLDER": instance / "metrics",
        "BACKUPS": settings.backups,
        "BACKUP_FOLDER": Path(settings.backup_folder).resolve() if settings.backup_folder else instance / "backups",
    }


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _hosts(settings: Settings, site_url: str) -> list[str]:
    local = ["localhost", "127.0.0.1", "::1"] if settings.environment == "local" else []
    hosts = [urlsplit(site_url).hostname or "", settings.host, *local, *_split(settings.trusted_hosts)]
    return [url_host(host) for host in hosts if host]


def _driver_url(url: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _keys(settings: Settings, instance: Path) -> dict[str, str]:
    """Return both keys. Locally they are created once, in files of the instance folder for its owner alone."""
    keys = {"secret": settings.secret_key, "anonymity": settings.anonymity_key}
    if settings.anonymity_key_file and not keys["anonymity"]:
        keys["anonymity"] = _read_key_file(Path(settings.anonymity_key_file))
    for name, value in keys.items():
        variable = f"FORUM_{name.upper()}_KEY"
        if value and len(value) < 32:
            raise SettingsError(f"{variable} has fewer than 32 characters. Create a key with: openssl rand -hex 32")
        if not value and settings.environment == "production":
            raise SettingsError(f"{variable} is required in production. Create a key with: openssl rand -hex 32")
        keys[name] = value or _read_or_create_key(instance / f"{name}.key")
    if any(len(old) < 32 for old in _split(settings.old_anonymity_keys)):
        raise SettingsError("FORUM_OLD_ANONYMITY_KEYS has a key with fewer than 32 characters.")
    return keys


def _read_key_file(file: Path) -> str:
    if not file.is_file():
        raise SettingsError(f"FORUM_ANONYMITY_KEY_FILE: there is no file {file}.")
    return _read_key(file)


def _read_key(file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsError(f"Other users can read {file}. Run: chmod 600 {file}")
        key = file.read_text().strip()
    except OSError as error:
        raise SettingsError(f"Can't read {file} ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is no text, so it holds no key. Restore it from where you keep it.") from None
    if len(key) < 32:
        raise SettingsError(f"{file} has fewer than 32 characters. Create a key with: openssl rand -hex 32")
    return key


def _read_or_create_key(file: Path) -> str:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(file)
    except OSError as error:
        raise SettingsError(f"Can't create {file} ({error.strerror}).") from None
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_hex(32))
    return _read_key(file)
