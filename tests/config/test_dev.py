"""`python3 dev.py demo` and `manage` as a developer meets them: real processes, killed and counted."""

import contextlib
import json
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import psycopg2
import pytest

from config.local import demo, home, programs
from config.local.home import ROOT
from tests.product import Product

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def product(tmp_path_factory) -> Iterator[Product]:
    """One demo for the tests that leave it running."""
    running = Product(tmp_path_factory.mktemp("home"), free_port())
    running.migrate()
    running.start()
    yield running
    running.clean_up()
    assert running.left_over() == []


@pytest.fixture
def another(tmp_path) -> Iterator[Product]:
    """A demo that the test starts and ends as it likes."""
    made = Product(tmp_path / "home", free_port())
    yield made
    made.clean_up()


def run(script: str, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / script), *arguments]
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True)


def wait_until(holds: Callable[[], bool], *, within: float = 60) -> None:
    give_up_at = time.monotonic() + within
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.1)


def ask_database(product: Product, query: str) -> object:
    note = home.running(product.home)
    assert note
    connection = psycopg2.connect(note["DATABASE_URL"])
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()


def keep_something(product: Product) -> None:
    ask_database(product, "create table something as select 1; select 1")


def has_kept_it(product: Product) -> bool:
    return ask_database(product, "select to_regclass('something') is not null") == (True,)


class TestWhileItRuns:
    def test_it_answers_at_the_address_that_it_told(self, product):
        page, _ = product.get("/login/")
        assert "登录" in page
        assert product.is_ready()

    def test_its_styles_may_be_kept_for_ever_because_their_name_changes_with_them(self, product):
        page, _ = product.get("/login/")
        style = re.search(r'href="(/static/css/[^"]+\.[0-9a-f]{12}\.css)"', page)
        assert style
        _, headers = product.get(style[1])
        assert "immutable" in headers["Cache-Control"]

    def test_a_second_start_says_that_it_runs_already_and_where(self, product):
        second = product.run("demo", "--port", str(free_port()))
        assert second.returncode == 1
        assert second.stdout == f"Already running: {product.address} (process {product.process.pid}).\n"

    def test_a_command_uses_the_servers_that_run(self, product):
        told = product.run("manage", "shell", "-v0", "-c", "import os; print(os.environ['DATABASE_URL'])")
        assert told.stdout.strip() == (home.running(product.home) or {})["DATABASE_URL"]
        assert product.is_ready()

    def test_a_command_that_fails_says_so_to_whoever_called(self, product):
        assert product.run("manage", "no_such_command").returncode != 0

    def test_manage_py_itself_finds_the_servers_that_run(self, product):
        assert run("manage.py", "migrate", "--check", env=product.environment).returncode == 0

    def test_the_key_is_for_its_owner_alone(self, product):
        assert (product.home / "secret-key").stat().st_mode & 0o777 == 0o600

    def test_every_line_of_the_log_is_json(self, product):
        product.get("/login/")
        assert [line for line in map(json.loads, product.log("web")) if line.get("route") == "login/"]

    def test_what_dies_is_started_again_and_work_goes_on(self, product):
        for words in (("gunicorn",), ("celery", "worker"), ("celery", "beat"), ("valkey",), ("postgres",)):
            victim = product.child(*words)
            descendants = victim.children(recursive=True)
            victim.kill()
            _, alive = psutil.wait_procs([victim, *descendants], timeout=20)
            assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
            wait_until(partial(has_successor, product, victim, *words))
        product.wait_until_ready()
        done = len(beats_done(product))
        wait_until(lambda: len(beats_done(product)) > done)
        assert product.is_ready()


def has_successor(product: Product, victim: psutil.Process, *words: str) -> bool:
    return product.child(*words) not in (None, victim)


def beats_done(product: Product) -> list[str]:
    return [line for line in product.log("worker") if "config.tasks.heartbeat" in line and "succeeded" in line]


def test_ctrl_c_stops_everything_and_the_data_stays(another):
    another.migrate()
    said = another.start()
    assert f"驻企通 is running: {another.address}" in said
    assert "specialist   驻企特派专员" in said
    assert "Password of all: Zhuqi-demo-2026" in said
    keep_something(another)
    key = (another.home / "secret-key").read_text()
    assert another.interrupt(signal.SIGINT) == 0
    assert another.left_over(within=1) == []
    assert home.running(another.home) is None

    another.start()
    assert has_kept_it(another)
    assert (another.home / "secret-key").read_text() == key

    another.interrupt(signal.SIGKILL)
    assert another.left_over(within=20) == []

    another.start("--fresh")
    assert not has_kept_it(another)
    assert another.interrupt(signal.SIGTERM) == 0
    assert another.left_over(within=1) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_runs_as_an_ordinary_user(tmp_path):
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(0o755)
    user = pwd.getpwnam("daemon")
    place = tmp_path / "home"
    place.mkdir()
    os.chown(place, user.pw_uid, user.pw_gid)
    ordinary = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    reads_our_files = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    product = Product(place, free_port(), prefix=[*ordinary, *reads_our_files], HOME=str(place))
    try:
        product.start()
        assert {process.uids().real for process in product.family} == {user.pw_uid}
        assert product.interrupt() == 0
        assert product.left_over(within=1) == []
    finally:
        product.clean_up()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up rights")
@pytest.mark.parametrize("missing", ["", "dac_read_search", "setpcap"])
def test_servers_never_run_as_root_not_even_where_root_may_do_less(missing):
    code = (
        "import subprocess; from config.local.processes import unprivileged; subprocess.run(unprivileged(['id', '-u']))"
    )
    prefix = ["setpriv", f"--bounding-set=-{missing}", f"--inh-caps=-{missing}"] if missing else []
    told = subprocess.run([*prefix, sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert told.stdout == "65534\n"


def test_servers_that_the_environment_names_are_used_instead(tmp_path):
    servers = {name: os.environ[name] for name in home.SERVERS}
    product = Product(tmp_path, free_port(), **servers)
    try:
        product.start()
        assert not (tmp_path / "postgres").exists()
        assert not (tmp_path / "valkey").exists()
        product.interrupt()
        refused = product.run("demo", "--fresh")
        assert refused.returncode == 1
        assert "--fresh clears only embedded servers" in refused.stdout
    finally:
        product.clean_up()


def test_a_command_starts_the_servers_and_stops_them_again(another):
    told = another.run("manage", "shell", "-v0", "-c", "import os; print(os.environ['REDIS_URL'])")
    assert told.stdout.startswith("unix://"), told.stderr
    assert home.running(another.home) is None
    assert not Path(told.stdout.strip().removeprefix("unix://").removesuffix("?db=0")).exists()


def test_commands_at_once_share_the_servers(another):
    code = "import time; time.sleep({}); from django.db import connection; connection.ensure_connection()"
    command = [sys.executable, str(ROOT / "dev.py"), "manage", "shell", "-v0", "-c"]
    commands = [subprocess.Popen([*command, code.format(wait)], env=another.environment) for wait in (0, 1, 3)]
    assert [command.wait(60) for command in commands] == [0, 0, 0]
    assert home.running(another.home) is None


def test_manage_py_without_servers_says_in_one_line_how_to_start_them(another):
    told = run("manage.py", "check", env=another.environment)
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "python3 dev.py manage" in told.stderr


def test_a_port_that_is_taken_is_told_before_anything_starts(another):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", another.port))
        taken.listen()
        told = another.run("demo", "--port", str(another.port))
    assert told.returncode == 1
    assert f"port {another.port} is taken" in told.stdout
    assert not (another.home / "postgres").exists()


def test_a_program_that_keeps_ending_stops_the_demo_and_shows_its_log(tmp_path):
    program = programs.Program("worker", ["no_such_module"], environment=dict(os.environ), logs=tmp_path)
    program.start()
    with pytest.raises(demo.DemoError, match=r"worker keeps ending(.|\n)*No module named no_such_module"):
        demo._watch([program])


@pytest.mark.parametrize("arguments", [[], ["deploy"]])
def test_an_unknown_command_is_answered_with_those_that_exist(arguments):
    told = run("dev.py", *arguments)
    assert told.returncode == 2
    assert "python3 dev.py demo" in told.stderr


def test_both_lock_files_agree_and_name_no_host():
    runtime, everything = (
        set((ROOT / name).read_text().splitlines()) for name in ("requirements.txt", "requirements-dev.txt")
    )
    pins = {line for line in runtime if "==" in line}
    assert pins
    assert pins <= everything
    assert [line for line in everything if "://" in line or "index-url" in line or "find-links" in line] == []
