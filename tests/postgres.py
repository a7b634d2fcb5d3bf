"""A real PostgreSQL server for tests: on loopback, for one run, gone when its parent is."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.helpers import require

_NOBODY = 65534


def _binaries() -> Path | None:
    """Return the folder of the server's programs."""
    found = shutil.which("postgres")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    whole = (place for place in places if (place / "initdb").exists())
    return next(whole, None)


# Becomes the server: as nobody, and ended by the kernel when the parent ends, however that was.
_SHIM = """
import ctypes, os, sys
user, program, *arguments = sys.argv[1:]
if int(user):
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 3)
os.execv(program, [program, *arguments])
"""


class Server:
    """A server in a folder of its own, which can be stopped and started again.

    Parameters
    ----------
    programs : Path
        The folder of the server's programs.
    durable : bool, default=False
        Whether it waits for the disk, as one that is relied upon does; tests need not.
    """

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        self._programs, self._durable = programs, durable
        self._folder = Path(tempfile.mkdtemp(prefix="nnest-postgres-"))
        # The server refuses to run as root.
        self._user: dict = {"user": _NOBODY, "group": _NOBODY} if os.geteuid() == 0 else {}
        if self._user:
            self._user["extra_groups"] = []
            os.chown(self._folder, _NOBODY, _NOBODY)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        options = ["--auth=trust", "--username=nnest", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(
            [programs / "initdb", "-D", self._folder / "data", *options],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._user,
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = ["-c", "unix_socket_directories=", "-c", "max_connections=60"]
        settings += [] if self._durable else ["-c", "fsync=off"]
        settings += ["-h", "127.0.0.1", "-p", str(self.port), "-D", str(self._folder / "data")]
        shim = [sys.executable, "-I", "-S", "-c", _SHIM, str(self._user.get("user", 0))]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*shim, str(self._programs / "postgres"), *settings],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        self._wait()

    def _wait(self) -> None:
        """Wait until the server answers."""
        import psycopg

        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
                assert self._process.poll() is None, log
                assert time.monotonic() < end, log
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, as a crash would: whoever is connected is thrown out."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        """Stop the server and remove what it kept."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The URL of a database that the server has from the start."""
        return self._url("postgres")

    def _url(self, database: str) -> str:
        return f"postgresql://nnest@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """Make an empty database; return its URL."""
        import psycopg

        name = f"study_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """Run a server; skip the test where there is none."""
    programs = _binaries()
    require(programs is not None, "there is no PostgreSQL server (Debian's package postgresql)")
    require(find_spec("psycopg") is not None, "psycopg is not installed")
    running = Server(programs, durable=durable)
    try:
        running.start()
        yield running
    finally:
        running.remove()
