"""A stand-in for systemd: it runs the units of docs/examples as systemd would, as far as the tests look.

Environment files, User, StateDirectory, ExecStartPre, Type=notify, sockets handed over, restarts and their limits.
"""

import os
import pwd
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

Unit = dict[str, list[str]]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
MAX_FAILURES = 20  # of a service that a test waits for
SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0}


def parse_unit(text: str) -> Unit:
    """Return the settings of a unit file; a setting that stands there again has several values."""
    settings: Unit = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", ";", "[")):
            name, _, value = line.partition("=")
            settings.setdefault(name, []).append(value)
    return settings


def parse_environment(text: str) -> dict[str, str]:
    r"""Return the variables of an environment file as systemd.exec(5) reads it.

    Single quotes keep everything, double quotes all but \", \\, \$ and \`, and without quotes \ keeps the next character.
    """
    variables = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or line.startswith(("#", ";")):
            continue
        if quoted := re.fullmatch(r"'([^']*)'", value):
            variables[name] = quoted[1]
        elif quoted := re.fullmatch(r'"((?:[^"\\]|\\.)*)"', value):
            variables[name] = re.sub(r'\\(["\\$`])', r"\1", quoted[1])
        else:
            variables[name] = re.sub(r"\\(.)", r"\1", value)
    return variables


def seconds(text: str) -> float:
    """Return a time span of a unit file in seconds."""
    match = re.fullmatch(r"(\d+)(s|ms|min|h|)", text)
    assert match, text
    return int(match[1]) * SECONDS[match[2]]


class Service:
    """A service unit that is started and stopped."""

    def __init__(self, name: str, unit: Unit, log: Path, listener: socket.socket | None, faster: float) -> None:
        self.name, self.unit, self.log, self.listener, self.faster = name, unit, log, listener, faster
        self.process: subprocess.Popen[bytes] | None = None
        self.failures: list[float] = []
        self.is_wanted = False
        self.has_failed = False
        self.is_ready = threading.Event()
        self.watcher: threading.Thread | None = None

    def setting(self, name: str, default: str = "") -> str:
        """Return the last value of a setting."""
        return self.unit.get(name, [default])[-1]

    def start(self) -> None:
        """Start the service, and wait until it is ready or has failed for good."""
        self.is_wanted, self.has_failed = True, False
        self.failures.clear()
        self.is_ready.clear()
        self.watcher = threading.Thread(target=self._keep_running, daemon=True)
        self.watcher.start()
        while not self.is_ready.wait(0.05) and not self.has_failed:
            assert self.watcher.is_alive() and len(self.failures) < MAX_FAILURES, self.log.read_text()

    def begin(self) -> None:
        """Start the service without waiting for it."""
        self.is_wanted, self.has_failed = True, False
        self.watcher = threading.Thread(target=self._keep_running, daemon=True)
        self.watcher.start()

    def stop(self) -> None:
        """Stop the main process by SIGTERM, or all of them by SIGKILL after TimeoutStopSec."""
        self.is_wanted = False
        process = self.process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=seconds(self.setting("TimeoutStopSec", "90")))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        if self.watcher is not None:
            self.watcher.join(timeout=60)

    def reload(self) -> None:
        """Run ExecReload."""
        assert self.process is not None
        command = self.setting("ExecReload").replace("$MAINPID", str(self.process.pid))
        subprocess.run(shlex.split(command), check=True)

    def _keep_running(self) -> None:
        while self.is_wanted:
            code = self._run_once()
            if not self.is_wanted or (code == 0 and self.setting("Restart") == "on-failure"):
                return
            self.failures.append(time.monotonic())
            if self._is_limit_hit():
                self.has_failed = True
                return
            time.sleep(seconds(self.setting("RestartSec", "100ms")) / self.faster)

    def _is_limit_hit(self) -> bool:
        interval = seconds(self.setting("StartLimitIntervalSec", "10")) / self.faster
        recent = [moment for moment in self.failures if time.monotonic() - moment < interval]
        return len(recent) >= int(self.setting("StartLimitBurst", "5"))

    def _run_once(self) -> int:
        """Run the service until it ends, and return its exit code."""
        environ = self._environment()
        for command in self.unit.get("ExecStartPre", []):
            if code := self._popen(command, environ).wait():
                return code
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messages:
            Path(folder).chmod(0o711)
            address = f"{folder}/notify"
            messages.bind(address)
            Path(address).chmod(0o777)
            self.process = self._popen(self.setting("ExecStart"), environ | {"NOTIFY_SOCKET": address})
            messages.settimeout(0.1)
            while self.process.poll() is None:
                try:
                    if messages.recv(4096) == b"READY=1":
                        self.is_ready.set()
                except TimeoutError:
                    continue
            return self.process.returncode

    def _environment(self) -> dict[str, str]:
        """Return the environment of the service's processes, and create its folder of state."""
        user = pwd.getpwnam(self.setting("User"))
        environ = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}
        for file in self.unit.get("EnvironmentFile", []):
            environ |= parse_environment(Path(file).read_text())
        state = Path(environ["FORUM_INSTANCE"])
        assert state.name == self.setting("StateDirectory")
        state.mkdir(parents=True, exist_ok=True)
        state.chmod(int(self.setting("StateDirectoryMode"), 8))
        os.chown(state, user.pw_uid, user.pw_gid)
        return environ

    def _popen(self, command: str, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        words, descriptors, prepare = shlex.split(command), (), None
        if self.listener is not None and "NOTIFY_SOCKET" in environ:
            environ = environ | {"LISTEN_FDS": "1"}
            words = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *words]
            descriptors, prepare = (3,), _hand_over(self.listener.fileno())
        user = pwd.getpwnam(self.setting("User"))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                words,
                env=environ,
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                umask=int(self.setting("UMask"), 8),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=descriptors,
                preexec_fn=prepare,
                start_new_session=True,
            )


def _hand_over(descriptor: int) -> Callable[[], None]:
    return lambda: os.set_inheritable(3, True) if descriptor == 3 else (os.dup2(descriptor, 3), None)[1]


class Systemd:
    """The services and sockets whose unit files are in a folder. `faster` divides the times between restarts."""

    def __init__(self, units: Path, logs: Path, faster: float = 1) -> None:
        self.units, self.logs, self.faster = units, logs, faster
        self.sockets: dict[str, socket.socket] = {}
        self.services: dict[str, Service] = {}

    def systemctl(self, verb: str, *names: str) -> None:
        """Do what `systemctl VERB NAME...` does; a name without a suffix is a service's."""
        for name in names:
            stem, _, kind = name.partition(".")
            if kind == "socket":
                {"start": self._open_socket, "stop": self._close_socket}[verb](stem)
                continue
            if verb in ("stop", "restart") and stem in self.services:
                self.services.pop(stem).stop()
            if verb in ("start", "restart"):
                self.service(stem).start()
            elif verb == "reload":
                self.services[stem].reload()

    def service(self, stem: str) -> Service:
        """Return a service, with the socket that belongs to it."""
        unit = parse_unit((self.units / f"{stem}.service").read_text())
        if f"{stem}.socket" in unit.get("Requires", []) and stem not in self.sockets:
            self._open_socket(stem)
        self.services[stem] = Service(stem, unit, self.logs / f"{stem}.log", self.sockets.get(stem), self.faster)
        return self.services[stem]

    def stop_all(self) -> None:
        """Stop everything that runs."""
        for service in list(self.services.values()):
            service.stop()
        for stem in list(self.sockets):
            self._close_socket(stem)

    def _open_socket(self, stem: str) -> None:
        unit = parse_unit((self.units / f"{stem}.socket").read_text())
        host, _, port = unit["ListenStream"][-1].rpartition(":")
        if stem not in self.sockets:
            self.sockets[stem] = socket.create_server((host, int(port)), backlog=int(unit["Backlog"][-1]))

    def _close_socket(self, stem: str) -> None:
        if stem in self.sockets:
            self.sockets.pop(stem).close()
