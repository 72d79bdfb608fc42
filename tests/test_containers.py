"""Containerfile and compose.yaml, as far as a machine without containers can try them.

The steps of the build run in a clean folder, what they make is started as the container would be, and the parts of
compose.yaml fit together.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forum.config import from_environment
from tests.running_guide import Machine, new_machine, skip_unless_root_on_debian
from tests.served import ROOT, eventually
from tests.systemd import parse_environment

pytestmark = pytest.mark.slow
KEY = "a key that only this test knows, of enough length"
# Steps that are not run, and why.
NOT_RUN = {"apt-get ": "the programs of this machine are used as they are"}


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile: name and arguments."""
    lines = (ROOT / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    return [
        (words[0], words[2]) for line in lines if line and not line.startswith("#") for words in [line.partition(" ")]
    ]


def last(name: str) -> str:
    return [arguments for instruction, arguments in instructions() if instruction == name][-1]


@pytest.fixture
def machine() -> Iterator[Machine]:
    skip_unless_root_on_debian()
    with new_machine() as empty:
        yield empty


def build(machine: Machine) -> None:
    """Carry out the instructions, with the folders of the machine in place of the container's."""
    shutil.rmtree(machine.root / "usr/local/src")
    for instruction, arguments in instructions():
        if instruction == "WORKDIR":
            machine.folder = Path(machine.translated(arguments))
            machine.folder.mkdir(parents=True, exist_ok=True)
        elif instruction == "COPY":
            copy(*arguments.split(), into=machine.folder)
        elif instruction == "RUN" and not arguments.startswith(tuple(NOT_RUN)):
            machine.run(arguments)


def copy(*paths: str, into: Path) -> None:
    *sources, target = paths
    for source in sources:
        if source.endswith("/"):
            shutil.copytree(ROOT / source, into / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, into / target)


def test_the_build_makes_a_site_that_serves_and_is_healthy(machine: Machine) -> None:
    build(machine)
    assert list((machine.root / "usr/local/src/forum").iterdir()) == []
    environ = dict(re.findall(r"(\w+)=(\S+)", machine.translated(last("ENV"))))
    environ |= {"FORUM_PORT": str(machine.port), "FORUM_SECRET_KEY": KEY, "FORUM_ANONYMITY_KEY": KEY}
    environ |= {"FORUM_ENVIRONMENT": "production", "FORUM_SITE_URL": "https://forum.example", "FORUM_HOST": "127.0.0.1"}
    command = [*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))]
    command[0] = shutil.which(command[0], path=environ["PATH"])
    check = json.loads(machine.translated(last("HEALTHCHECK").partition("CMD ")[2]))
    with (machine.root / "logs/container").open("wb") as log:
        site = subprocess.Popen(
            command, env=environ, user=machine.user, cwd=machine.folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        assert eventually(lambda: subprocess.run(check, env=environ, capture_output=True).returncode == 0, 120)
    finally:
        site.terminate()
    assert site.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return compose.yaml, read by a library that only this test needs."""
    folder = tmp_path_factory.mktemp("yaml")
    options = ["install", "--quiet", "--disable-pip-version-check", "--target", str(folder), "pyyaml"]
    subprocess.run([sys.executable, "-m", "pip", *options], check=True, capture_output=True)
    program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    process = subprocess.run(
        [sys.executable, "-c", program],
        input=(ROOT / "compose.yaml").read_text(),
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


def test_the_parts_of_compose_yaml_fit_together(compose: Any) -> None:
    services = compose["services"]
    assert set(services) == {"site", "jobs", "postgres", "redis", "caddy"}
    for service in services.values():
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).is_file(), source
    assert services["site"]["build"] == {"context": ".", "dockerfile": "Containerfile"}
    assert services["site"]["image"] == services["jobs"]["image"]


def test_strangers_reach_the_proxy_only_and_the_proxy_reaches_no_database(compose: Any) -> None:
    services = compose["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert compose["networks"]["inside"]["internal"] is True
    assert [name for name, service in services.items() if service["networks"] == ["inside"]] == ["postgres", "redis"]
    assert services["caddy"]["networks"] == ["outside"]


@pytest.mark.parametrize("name", ["site", "jobs"])
def test_the_commands_and_settings_of_compose_yaml_exist(compose: Any, name: str) -> None:
    service = compose["services"][name]
    process = subprocess.run(
        [sys.executable, "-m", "forum.cli", *service["command"], "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    text = (ROOT / "docs" / "running.md").read_text()
    assert [setting for setting in service["environment"] if f"| `{setting}` |" not in text] == []
    assert shlex.split(last("VOLUME"))[0] == service["environment"]["FORUM_INSTANCE"]


def test_the_settings_of_the_guide_are_complete(compose: Any, machine: Machine) -> None:
    machine.folder = machine.root / "usr/local/src/forum"
    machine.follow("Containers")
    file = machine.folder / "environment"
    assert file.stat().st_mode & 0o077 == 0
    settings = parse_environment(file.read_text()) | compose["services"]["site"]["environment"]
    settings["FORUM_INSTANCE"] = str(machine.root / "var/lib/forum")
    configuration = from_environment(settings)
    assert configuration["MAIL_FROM"] == "Full Duplex <forum@forum.example>" and configuration["BACKUPS"] == "daily"
