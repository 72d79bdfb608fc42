"""docs/running.md as a person follows it: its blocks of commands, and a private server where they run."""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.certificates import HOST, write_certificate
from tests.served import ROOT, free_port
from tests.systemd import Systemd

GUIDE = ROOT / "docs" / "running.md"
# The sections whose commands are run, in the order of a person who reads the page.
SECTIONS = ("Install", "Containers", "PostgreSQL", "Redis", "systemd", "Reverse proxy", "Backups", "Upgrades", "Logs")
# How commands begin that are not run, and why.
NOT_RUN = {
    "apt-get ": "the programs of this machine are used as they are",
    "docker ": "no containers here; test_containers.py does what they would",
    "SITE_DOMAIN=forum.example docker ": "the same",
    "forum move ": "the test's site begins on the database it keeps",
    "git ": "the test has a copy of this checkout",
    "certbot ": "no authority signs the test's certificate; it signs it itself",
    "systemctl restart systemd-journald": "the log of this machine stays as it is",
    "forum admin reset-two-factor ": "a member must have lost a device first; test_two_factor.py",
}
# The folders of a server that the test has for itself.
FOLDERS = "opt/forum|etc/(?:forum|systemd|nginx|letsencrypt)|var/(?:lib/forum|log/nginx|www)|usr/local/(?:bin|src)"
NEEDED = ("nginx", "useradd", "runuser", "openssl")
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def skip_unless_root_on_debian() -> None:
    """Skip a test where the guide can't be followed."""
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        pytest.skip("the guide is for root on Debian")
    for program in NEEDED:
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine")


class Block(NamedTuple):
    """Commands that stand together, under the title of their section."""

    section: str
    commands: list[str]


def read_blocks() -> list[Block]:
    """Return the blocks of the guide: its indented lines."""
    blocks: list[Block] = []
    section, is_inside = "", False
    for line in GUIDE.read_text().splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        if line.startswith("    "):
            if not is_inside:
                blocks.append(Block(section, []))
            blocks[-1].commands.append(line.strip())
        is_inside = line.startswith("    ")
    return blocks


def reason_not_to_run(command: str) -> str | None:
    """Return why a command is not run, or None."""
    return next((reason for beginning, reason in NOT_RUN.items() if command.startswith(beginning)), None)


class Machine:
    """A server's folders below a folder of their own, a user for the site, and what runs there."""

    def __init__(self, root: Path, postgres_socket: str = "", redis_port: int = 0) -> None:
        self.root = root
        self.user = f"forum-{secrets.token_hex(4)}"
        self.address = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250)}.{secrets.randbelow(250) + 2}"
        self.port = free_port()
        self.postgres_socket, self.redis_port = postgres_socket, redis_port
        self.folder = Path("/")
        self.systemd = Systemd(root / "etc/systemd/system", root / "logs", faster=10)
        self.nginx: subprocess.Popen[bytes] | None = None
        self.commands: list[str] = []
        self._lay_out()

    def _lay_out(self) -> None:
        """Create what a new Debian has, and a checkout whose files name this machine's folders."""
        for name in ("etc/systemd/system", "etc/nginx/sites-available", "etc/nginx/sites-enabled", "usr/local/bin"):
            (self.root / name).mkdir(parents=True)
        for name in ("logs", "opt", "var/lib", "var/log/nginx", "var/www/html", f"etc/letsencrypt/live/{HOST}"):
            (self.root / name).mkdir(parents=True)
        (self.root / "etc/nginx/sites-enabled/default").touch()
        checkout = self.root / "usr/local/src/forum"
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
        )
        for name in listed.stdout.splitlines():
            if (ROOT / name).is_file() and not name.startswith("tests/"):
                (checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, checkout / name)
        for file in (checkout / "docs" / "examples").iterdir():
            file.write_text(self.translated(file.read_text()))
        self._write_nginx_conf()

    def _write_nginx_conf(self) -> None:
        certificate, key = write_certificate(self.root / "etc/letsencrypt/live" / HOST)
        certificate.rename(certificate.with_name("fullchain.pem"))
        key.rename(key.with_name("privkey.pem"))
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = " ".join(f"{kind}_temp_path {self.root}/var/{kind};" for kind in kinds)
        (self.root / "etc/nginx/nginx.conf").write_text(
            f"daemon off; user root; pid {self.root}/nginx.pid; events {{}}\n"
            f"http {{ {folders} include {self.root}/etc/nginx/sites-enabled/*; }}\n"
        )
        program = self.root / "usr/local/bin/nginx"
        options = f"-p {self.root} -c {self.root}/etc/nginx/nginx.conf -e {self.root}/logs/nginx"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("nginx")} {options} "$@"\n')
        program.chmod(0o755)

    def translated(self, text: str) -> str:
        """Return commands or a file with the folders, user, addresses and ports of this machine."""
        text = re.sub(rf"(?<![\w.])/(?={FOLDERS})", f"{self.root}/", text)
        text = re.sub(r"(-o |User=|-u |nologin |createuser |--owner )forum\b", rf"\g<1>{self.user}", text)
        text = re.sub(r" *listen \[::\].*\n", "", text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}"))
        text = re.sub(r"listen (80|443)\b", rf"listen {self.address}:\1", text)
        text = text.replace("runuser -u postgres -- ", "").replace("createdb forum ", f"createdb {self.user} ")
        text = text.replace(
            "postgresql:///forum?host=/var/run/postgresql", f"postgresql:///{self.user}?host={self.postgres_socket}"
        )
        return text.replace(":6379", f":{self.redis_port}")

    def edit_settings(self) -> None:
        """Write mail to files, as an admin without a mail server at hand does."""
        file = self.root / "etc/forum/environment"
        mail = f"FORUM_MAIL_URL='file:{self.root}/var/lib/forum/mail'"
        file.write_text(re.sub(r"^FORUM_MAIL_URL=.*$", mail, file.read_text(), flags=re.M))

    def follow(self, *sections: str) -> None:
        """Run the commands of sections, as root in a shell."""
        for block in read_blocks():
            for command in block.commands if block.section in sections else []:
                if reason_not_to_run(command) is None:
                    self.run(command)

    def run(self, command: str) -> str:
        """Run a command of the guide and return what it prints. Raises AssertionError when it fails."""
        self.commands.append(command)
        program, *words = command.split()
        if program == "cd":
            self.folder = Path(self.translated(words[0]))
        elif program == "systemctl":
            self._systemctl(words)
        else:
            return self._shell(self.translated(command))
        return ""

    def _shell(self, command: str) -> str:
        answers = {
            "setup": "Ida Chief\nida@forum.example\ncorrect horse battery\ncorrect horse battery\n",
            "restore": "y\n",
        }
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("FORUM_", "PYTHON", "VIRTUAL"))
        }
        environ |= {
            "PATH": f"{self.root}/usr/local/bin:{SYSTEM_PATH}",
            "PGHOST": self.postgres_socket,
        } | ({"PGUSER": "forum"} if command.startswith("create") else {})
        process = subprocess.run(
            ["sh", "-ec", command],
            cwd=self.folder,
            env=environ,
            input=next((answer for word, answer in answers.items() if f"forum {word}" in command), ""),
            capture_output=True,
            text=True,
            timeout=900,
            start_new_session=True,  # a password is read from here, not from the terminal of whoever runs the tests
        )
        assert process.returncode == 0, f"{command}\n{process.stdout}{process.stderr}"
        return process.stdout

    def _systemctl(self, words: list[str]) -> None:
        if words[-1] == "nginx":
            self.stop_nginx()
            self.nginx = subprocess.Popen([self.root / "usr/local/bin/nginx"])
        elif words != ["daemon-reload"]:
            verb = "start" if words[:2] == ["enable", "--now"] else words[0]
            self.systemd.systemctl(verb, *[word for word in words[1:] if not word.startswith("-")])

    def stop_nginx(self) -> None:
        """Stop nginx when it runs."""
        if self.nginx is not None:
            self.nginx.terminate()
            self.nginx.wait(timeout=60)
            self.nginx = None

    def site_files(self) -> list[Path]:
        """Return the site's folder and everything in it."""
        folder = self.root / "var/lib/forum"
        return [folder, *folder.rglob("*")]


@contextmanager
def new_machine(postgres_socket: str = "", redis_port: int = 0) -> Iterator[Machine]:
    """Provide a machine, and remove it with its user."""
    root = Path(tempfile.mkdtemp(prefix="forum-server-"))
    root.chmod(0o755)  # the site's user passes through
    umask = os.umask(0o022)  # a command that a test ran in this process may have closed it
    machine = Machine(root, postgres_socket, redis_port)
    try:
        yield machine
    finally:
        os.umask(umask)
        machine.stop_nginx()
        machine.systemd.stop_all()
        subprocess.run(["userdel", machine.user], capture_output=True)
        shutil.rmtree(root, ignore_errors=True)
