"""Settings: valid values, the message for each mistake, and where keys are stored."""

import stat
from pathlib import Path
from typing import Any

import pytest

from forum import create_app
from forum.config import SettingsError, from_environment

KEY = "0123456789abcdef0123456789abcdef"


def settings(tmp_path: Path, **variables: str) -> dict[str, Any]:
    return from_environment(
        {"FORUM_INSTANCE": str(tmp_path), **{f"FORUM_{name}": value for name, value in variables.items()}}
    )


def test_without_any_setting_it_runs_locally(tmp_path: Path) -> None:
    config = settings(tmp_path)
    assert config["SITE_URL"] == "http://127.0.0.1:8000"
    assert config["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{tmp_path}/forum.sqlite"
    assert config["MAIL_URL"] == f"file:{tmp_path}/mail"
    assert not config["SESSION_COOKIE_SECURE"] and config["SESSION_COOKIE_HTTPONLY"]
    assert config["TRUSTED_HOSTS"] and "localhost" in config["TRUSTED_HOSTS"]


def test_other_variables_of_the_machine_are_ignored(tmp_path: Path) -> None:
    from_environment({"FORUM_INSTANCE": str(tmp_path), "PATH": "/bin", "FORUM_TEST_POSTGRES_URL": "x", "FORUMS": "y"})


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"PROT": "9000"}, "FORUM_PROT is not a setting"),
        ({"port": "9000"}, "FORUM_port is not a setting"),
        ({"PORT": "eight"}, "FORUM_PORT must be a whole number"),
        ({"PORT": "-1"}, "FORUM_PORT must be a whole number"),
        ({"PORT": ""}, "FORUM_PORT must be a whole number"),
        ({"WORKERS": "2.5"}, "FORUM_WORKERS must be a whole number"),
        ({"PROXIES": "True"}, "FORUM_PROXIES must be a whole number"),
        ({"ENVIRONMENT": "prod"}, "must be local or production"),
        ({"SITE_URL": "forum.example"}, "must begin with http:// or https://"),
        ({"SITE_URL": "javascript:alert(1)"}, "must begin with http:// or https://"),
        ({"SECRET_KEY": "short"}, "FORUM_SECRET_KEY has fewer than 32 characters"),
        ({"ANONYMITY_KEY": "short"}, "FORUM_ANONYMITY_KEY has fewer than 32 characters"),
        ({"ANONYMITY_KEY_FILE": "/nowhere/at/all"}, "there is no file"),
        ({"METRICS": "9100x"}, "must be an address and a port"),
        ({"HSTS": "yes"}, "FORUM_HSTS must be one of"),
        ({"OLD_ANONYMITY_KEYS": f"{KEY},short"}, "FORUM_OLD_ANONYMITY_KEYS"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_message(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, **variables)
    assert words in str(refused.value)
    for secret in ("SECRET_KEY", "ANONYMITY_KEY"):
        assert variables.get(secret, "nothing secret") not in str(refused.value)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ANONYMITY_KEY"])
def test_production_requires_both_keys(tmp_path: Path, missing: str) -> None:
    variables = {
        "ENVIRONMENT": "production",
        "SITE_URL": "https://forum.example",
        "SECRET_KEY": KEY,
        "ANONYMITY_KEY": KEY[::-1],
    }
    assert settings(tmp_path, **variables)["SECRET_KEY"] == KEY
    with pytest.raises(SettingsError, match=f"FORUM_{missing} is required in production"):
        settings(tmp_path, **{name: value for name, value in variables.items() if name != missing})
    assert list(tmp_path.glob("*.key")) == [], "no key is created in production"


def test_local_keys_are_created_once_for_their_owner_alone(tmp_path: Path) -> None:
    first, second = settings(tmp_path / "new"), settings(tmp_path / "new")
    assert first["SECRET_KEY"] == second["SECRET_KEY"] and first["ANONYMITY_KEYS"] == second["ANONYMITY_KEYS"]
    assert first["SECRET_KEY"] != first["ANONYMITY_KEYS"][0] and len(first["SECRET_KEY"]) == 64
    for name in ("secret", "anonymity"):
        assert stat.S_IMODE((tmp_path / "new" / f"{name}.key").stat().st_mode) == 0o600


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "anonymity"
    file.write_text(KEY + "\n")
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="Other users can read"):
        settings(tmp_path, ANONYMITY_KEY_FILE=str(file))
    file.chmod(0o600)
    assert settings(tmp_path, ANONYMITY_KEY_FILE=str(file))["ANONYMITY_KEYS"] == [KEY]


def test_a_stored_key_that_others_can_read_or_that_is_empty_is_refused(tmp_path: Path) -> None:
    settings(tmp_path)
    (tmp_path / "secret.key").chmod(0o644)
    with pytest.raises(SettingsError, match="Other users can read"):
        settings(tmp_path)
    (tmp_path / "secret.key").chmod(0o600)
    (tmp_path / "secret.key").write_text("")
    with pytest.raises(SettingsError, match="fewer than 32 characters"):
        settings(tmp_path)


def test_old_keys_come_after_the_one_in_force(tmp_path: Path) -> None:
    old = f"{KEY[::-1]}, {KEY.upper()}"
    assert settings(tmp_path, ANONYMITY_KEY=KEY, OLD_ANONYMITY_KEYS=old)["ANONYMITY_KEYS"] == [
        KEY,
        KEY[::-1],
        KEY.upper(),
    ]


@pytest.mark.parametrize("short", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_a_postgres_url_in_any_form_selects_psycopg(tmp_path: Path, short: str) -> None:
    assert settings(tmp_path, DATABASE_URL=short)["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u:p@h/d"


def test_an_https_url_makes_cookies_secure_and_its_host_trusted(tmp_path: Path) -> None:
    config = settings(tmp_path, SITE_URL="https://forum.example/", TRUSTED_HOSTS="www.forum.example, other.example")
    assert config["SITE_URL"] == "https://forum.example"
    assert config["SESSION_COOKIE_SECURE"] and config["REMEMBER_COOKIE_SECURE"]
    assert {"forum.example", "www.forum.example", "other.example"} <= set(config["TRUSTED_HOSTS"])


def test_in_production_only_named_hosts_are_trusted(tmp_path: Path) -> None:
    config = settings(
        tmp_path, ENVIRONMENT="production", SITE_URL="https://forum.example", SECRET_KEY=KEY, ANONYMITY_KEY=KEY[::-1]
    )
    assert "localhost" not in config["TRUSTED_HOSTS"] and "forum.example" in config["TRUSTED_HOSTS"]


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_is_bracketed_in_urls_and_trusted(tmp_path: Path, host: str) -> None:
    config = settings(tmp_path, HOST=host, TRUSTED_HOSTS="2001:db8::7")
    assert config["SITE_URL"] == "http://[::1]:8000"
    visitor = create_app(config).test_client()
    for address in ("http://[::1]:8000", "http://[::1]", "http://[2001:db8::7]:9000", "http://localhost"):
        assert visitor.get("/static/app.css", base_url=address).status_code == 200, address
    assert visitor.get("/static/app.css", base_url="http://[2001:db8::8]").status_code == 400


def test_an_instance_folder_that_takes_no_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"FORUM_INSTANCE: can't write|Can't create /proc"):
        from_environment({"FORUM_INSTANCE": "/proc/self"})
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="can't create the folder"):
        from_environment({"FORUM_INSTANCE": str(tmp_path / "file")})


@pytest.mark.parametrize("content", [b"\xff\xfe" * 40, b"\x00" * 3])
def test_a_key_file_with_something_else_in_it_is_reported(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=r"secret\.key"):
        settings(tmp_path)
    file.unlink()
    file.mkdir(0o700)
    with pytest.raises(SettingsError, match=r"secret\.key"):
        settings(tmp_path)
