"""Packaging: a wheel built from a checkout is complete, and its `forum` command works from any directory."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FORUM_", "PYTHON"))}
    process = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment | environ, capture_output=True, text=True, timeout=900
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout + process.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of the files that git tracks, so that nothing else of this checkout is included."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in package_files():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        *build_options(),
        "-w",
        folder,
        source,
        cwd=folder,
    )
    return next(folder.glob("*.whl"))


def build_options() -> list[str]:
    """Let pip use this environment's setuptools if it is new enough; else pip downloads it."""
    try:
        new_enough = int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        new_enough = False
    return ["--no-build-isolation"] if new_enough else []


def package_files() -> list[str]:
    """Return the files that belong into the package; README.md is its description."""
    output = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    names = ("forum/", "static/", "templates/", "migrations/")
    root_files = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
    return [name for name in output if (name.startswith(names) or name in root_files) and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment that borrows the dependencies of this one; return its bin folder."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    # It comes after the wheel on the path, so `forum` can't be the checkout's.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "bin" / "python",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--ignore-installed",
        "--disable-pip-version-check",
        wheel,
        cwd=folder,
    )
    return folder / "bin"


def test_the_wheel_has_every_file_that_the_site_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    missing = [
        name
        for name in package_files()
        if name.startswith(("forum/", "static/", "templates/", "migrations/"))
        and (name if name.startswith("forum/") else f"forum/{name}") not in names
    ]
    assert missing == []
    for name in (
        "forum/accounts/common_passwords.txt",
        "forum/demo/cast.toml",
        "forum/static/css/tokens.css",
        "forum/static/js/theme.js",
        "forum/static/fonts/archivo-latin.woff2",
        "forum/templates/posts/show.html",
        "forum/templates/mail/confirm.txt",
        "forum/migrations/env.py",
        "forum/migrations/script.py.mako",
    ):
        assert name in names
    assert any(name.startswith("forum/demo/stories/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "instance/"))]


def test_the_installed_command_creates_a_database_and_finds_everything_in_order(
    installed: Path, tmp_path: Path
) -> None:
    output = run(installed / "forum", "--help", cwd=tmp_path)
    for command in ("serve", "db", "demo", "admin", "import", "export", "backup", "check"):
        assert f"  {command} " in output
    location = run(installed / "python", "-c", "import forum; print(forum.__file__)", cwd=tmp_path)
    assert location.startswith(str(installed.parent))
    assert "up to date" in run(installed / "forum", "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "instance" / "forum.sqlite").is_file()
    output = run(installed / "forum", "check", cwd=tmp_path)
    assert "Database: OK." in output and "Keys: present" in output


def test_the_installed_site_serves_pages_and_static_files(installed: Path, tmp_path: Path) -> None:
    run(installed / "forum", "db", "upgrade", cwd=tmp_path)
    script = """
from forum import create_app
client = create_app().test_client()
for path in ("/", "/about", "/sign-in", "/static/app.css", "/static/fonts/archivo-latin.woff2", "/robots.txt"):
    assert client.get(path, base_url="http://127.0.0.1:8000").status_code == 200, path
print("all there")
"""
    assert "all there" in run(installed / "python", "-c", script, cwd=tmp_path)


def test_wsgi_py_has_an_application_for_any_server(tmp_path: Path) -> None:
    output = run(
        sys.executable,
        "-c",
        "from wsgi import app; print(callable(app), app.name)",
        cwd=ROOT,
        FORUM_INSTANCE=str(tmp_path),
    )
    assert "True forum" in output


def test_the_program_starts_without_the_optional_extras() -> None:
    """As installed from requirements.lock: without Prometheus and Sentry."""
    program = "import sys; sys.modules.update(prometheus_client=None, sentry_sdk=None); import forum.cli"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True).stderr == b""


def test_what_serves_pages_imports_neither_alembic_nor_sentry(tmp_path: Path) -> None:
    program = """
import sys
from forum.commands.context import load_app
from forum.commands.server import warm_up
warm_up(load_app())
print("too much:", {"alembic", "flask_migrate", "mako", "sentry_sdk"} & set(sys.modules))
"""
    # There are no tables, so the page that warms up is one about an error.
    assert "too much: set()" in run(sys.executable, "-c", program, cwd=ROOT, FORUM_INSTANCE=str(tmp_path))
