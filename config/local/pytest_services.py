"""For pytest: real PostgreSQL and Valkey, started once for the run and shared by the xdist workers."""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

SETTINGS: Final = {
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "ALLOW_DEMO": "1",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Set the environment before pytest-django reads the settings."""
    os.environ.update({name: value for name, value in SETTINGS.items() if name not in os.environ})
    if "PYTEST_XDIST_WORKER" in os.environ:
        _take_own_broker_database()
    elif "DATABASE_URL" not in os.environ:
        _start_services(early_config)
    return (yield)


def _start_services(config: pytest.Config) -> None:
    from config.local import migrated
    from config.local.services import DATABASE, Services

    home = Path(tempfile.mkdtemp(prefix="zhuqitong-test-"))
    home.chmod(0o755)
    services = Services(home, durable=False)
    services.start()

    def clean_up() -> None:
        services.stop()
        shutil.rmtree(home, ignore_errors=True)

    config.add_cleanup(clean_up)
    os.environ.update(services.environment, MEDIA_ROOT=str(home / "media"))
    migrated.fill(dict(os.environ))
    os.environ["TEST_TEMPLATE"] = DATABASE


def _take_own_broker_database() -> None:
    """Valkey has sixteen databases; worker gw0 takes 1 and so on, so that no test sees another worker's messages."""
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) % 15 + 1
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("?db=0", f"?db={number}")
