"""`python3 dev.py demo`: the whole product on this machine, in the foreground until Ctrl-C."""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psycopg2

from config.local import home, processes, programs
from config.local.programs import STOP_SECONDS, Program, Watched
from config.local.services import ServiceError, Services

READY_SECONDS: Final = 90
RESTARTS: Final = 5
RESTARTS_WITHIN_SECONDS: Final = 60

SIGN_INS: Final = (
    ("specialist", "驻企特派专员，澜北区"),
    ("specialist2", "驻企特派专员，澜南区"),
    ("leader-team", "包联领导"),
    ("handler", "承办人，市人社局"),
    ("handler2", "承办人，市交通局"),
    ("head", "部门负责人，市人社局"),
    ("office", "市助企办"),
    ("office-north", "澜北区助企办"),
    ("supervisor", "市督查室"),
    ("leader", "市领导"),
    ("discipline", "纪检"),
    ("caller", "回访员"),
    ("sysadmin", "系统管理员"),
    ("secadmin", "安全管理员"),
    ("auditadmin", "审计管理员"),
)


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


class Demo:
    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}/"
        self.services = Services(home.HOME, without=home.given())
        self.environment = {**home.development(), **self.services.environment, **os.environ}
        self.programs: list[Program] = []

    def run(self, claim: home.Claim) -> None:
        _say("Starting …")
        self.services.start()
        claim.announce({name: self.environment[name] for name in home.SERVERS}, address=self.address)
        self._prepare_database()
        programs.collect_static_files(lambda: self._manage("collectstatic", "--no-input"))
        self._start_programs()
        self._wait_until_ready()
        self._welcome()
        _watch([*self.services.servers, *self.programs])

    def stop(self) -> None:
        for program in self.programs:
            program.ask_to_stop()
        for program in self.programs:
            program.stop()
        self.services.stop()

    def _prepare_database(self) -> None:
        self._manage("migrate", "--no-input")
        if self.environment["ALLOW_DEMO"] == "1" and not self._has_regions():
            _say("Loading the demo data …")
            self._manage("load_demo")

    def _has_regions(self) -> bool:
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("select exists (select 1 from cadres_region)")
            return cursor.fetchone() == (True,)

    def _manage(self, *arguments: str) -> None:
        log = home.HOME / "logs" / "setup.log"
        command: list[str | Path] = [sys.executable, home.ROOT / "manage.py", *arguments]
        child = processes.start(command, log=log, on_orphaned=signal.SIGKILL, env=self.environment, cwd=home.ROOT)
        try:
            failed = child.wait()
        finally:
            processes.stop(child, signal.SIGTERM, within=STOP_SECONDS)
        if failed:
            raise DemoError(f"manage.py {arguments[0]} failed. The end of {log}:\n{processes.tail(log)}")

    def _start_programs(self) -> None:
        self.programs = programs.of_product(self.port, environment=self.environment, logs=home.HOME / "logs")
        for program in self.programs:
            program.start()

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + READY_SECONDS
        while not _is_ready(f"{self.address}readyz"):
            late = time.monotonic() > give_up_at
            for program in self.programs:
                if late or (program.process and program.process.poll() is not None):
                    raise DemoError(f"{program.name} did not start. The end of its log:\n{processes.tail(program.log)}")
            time.sleep(0.1)

    def _welcome(self) -> None:
        password = self.environment.get("DEMO_PASSWORD", "Zhuqi-demo-2026")
        _say(f"\n驻企通 is running: {self.address}\n")
        for username, who in SIGN_INS:
            _say(f"  {username:<13}{who}")
        _say(f"\nPassword of all: {password}\nLogs: {home.HOME / 'logs'}\nCtrl-C stops everything; the data stays.")


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    claim = home.Claim()
    if not claim.take():
        return _already_running()
    try:
        _require_free(options.port)
        if options.fresh:
            _forget_everything()
        with _stopping(Demo(options.port)) as demo:
            demo.run(claim)
    except (DemoError, ServiceError) as error:
        _say(f"The demo stopped: {error}")
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
    finally:
        claim.release()
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py demo", description="Run the product with invented data, here.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fresh", action="store_true", help="forget the data of earlier runs first")
    return parser.parse_args(arguments)


def _already_running() -> int:
    note = home.wait_until_running() or {}
    where = note.get("address", "for a command of `dev.py manage`; try again when it has ended")
    _say(f"Already running: {where} (process {note.get('pid', 'unknown')}).")
    return 1


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DemoError(f"port {port} is taken; choose another with --port.") from None


def _forget_everything() -> None:
    if home.given():
        raise DemoError(f"--fresh clears only embedded servers, and {' and '.join(home.given())} names another one.")
    for name in ("postgres", "valkey", "media", "logs"):
        shutil.rmtree(home.HOME / name, ignore_errors=True)


@contextlib.contextmanager
def _stopping(demo: Demo) -> Iterator[Demo]:
    """Stop the servers whatever happens; a second Ctrl-C does not cut that short."""
    try:
        yield demo
    finally:
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_IGN)
        demo.stop()


def _watch(children: Sequence[Watched]) -> None:
    """Start again what ends by itself, until Ctrl-C, or until one keeps ending."""
    ended: defaultdict[str, list[float]] = defaultdict(list)
    while True:
        time.sleep(0.5)
        for child, code in programs.start_again(children):
            now = time.monotonic()
            ended[child.name] = [at for at in ended[child.name] if now - at < RESTARTS_WITHIN_SECONDS] + [now]
            if len(ended[child.name]) > RESTARTS:
                raise DemoError(f"{child.name} keeps ending. The end of its log:\n{processes.tail(child.log)}")
            _say(f"{child.name} ended ({code}) and is started again.")


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
