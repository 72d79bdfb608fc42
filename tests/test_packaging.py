"""What is installed is whole: a wheel built from a checkout gives a `forum` command that works from any directory."""

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
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FORUM_", "PYTHON"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git knows, so that nothing of this checkout's own gets in."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in _known():
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
        *_apart(),
        "-w",
        folder,
        source,
        cwd=folder,
    )
    return next(folder.glob("*.whl"))


def _apart() -> list[str]:
    """pip fetches the builder named in pyproject.toml, unless this environment has it."""
    try:
        new_enough = int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        new_enough = False
    return ["--no-build-isolation"] if new_enough else []


def _known() -> list[str]:
    """The files of the site itself. README.md is a part of the package's description."""
    told = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    inside = ("forum/", "static/", "templates/", "migrations/")
    beside = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
    return [name for name in told if (name.startswith(inside) or name in beside) and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that has the wheel; what it depends on is lent by this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    # After the wheel's own folder on the path: `forum` itself cannot be the checkout's.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
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


def test_everything_that_the_site_reads_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        inside = set(opened.namelist())
    missing = [
        name
        for name in _known()
        if name.startswith(("forum/", "static/", "templates/", "migrations/"))
        and (name if name.startswith("forum/") else f"forum/{name}") not in inside
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
        assert name in inside
    assert any(name.startswith("forum/demo/stories/") for name in inside)
    assert not [name for name in inside if name.startswith(("tests/", "instance/"))]


def test_the_installed_command_makes_a_database_and_finds_all_in_order(installed: Path, tmp_path: Path) -> None:
    told = run(installed / "forum", "--help", cwd=tmp_path)
    for command in ("serve", "db", "demo", "admin", "import", "export", "backup", "check"):
        assert f"  {command} " in told
    where = run(installed / "python", "-c", "import forum; print(forum.__file__)", cwd=tmp_path)
    assert where.startswith(str(installed.parent))
    assert "up to date" in run(installed / "forum", "db", "upgrade", cwd=tmp_path)
    assert (tmp_path / "instance" / "forum.sqlite").is_file()
    told = run(installed / "forum", "check", cwd=tmp_path)
    assert "Database: in order." in told and "Keys: present" in told


def test_the_installed_site_serves_pages_and_static_files(installed: Path, tmp_path: Path) -> None:
    run(installed / "forum", "db", "upgrade", cwd=tmp_path)
    visit = """
from forum import create_app
client = create_app().test_client()
for path in ("/", "/about", "/sign-in", "/static/app.css", "/static/fonts/archivo-latin.woff2", "/robots.txt"):
    assert client.get(path, base_url="http://127.0.0.1:8000").status_code == 200, path
print("all there")
"""
    assert "all there" in run(installed / "python", "-c", visit, cwd=tmp_path)


def test_wsgi_py_is_an_application_for_any_server(tmp_path: Path) -> None:
    told = run(
        sys.executable,
        "-c",
        "from wsgi import app; print(callable(app), app.name)",
        cwd=ROOT,
        FORUM_INSTANCE=str(tmp_path),
    )
    assert "True forum" in told
