from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from config import health
from config.local.services import Valkey
from config.tasks import heartbeat

pytestmark = pytest.mark.django_db

ALL_WELL = {"status": "ok", "database": "ok", "broker": "ok", "beat": "ok"}


@pytest.fixture(autouse=True)
def no_beat_yet():
    cache.delete(health.BEAT)
    yield
    cache.delete(health.BEAT)


@pytest.fixture
def own_valkey(tmp_path, settings):
    """A Valkey for this test alone, so that it can be stopped."""
    (tmp_path / "logs").mkdir()
    valkey = Valkey(tmp_path, tmp_path, durable=False)
    tmp_path.chmod(0o777)
    valkey.prepare()
    valkey.start()
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": valkey.url}}
    while not valkey.answers():
        pass
    yield valkey
    valkey.stop()


def test_the_process_says_that_it_is_up(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_the_system_is_ready_after_a_beat(client):
    heartbeat()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, ALL_WELL)


def test_the_system_is_not_ready_before_the_first_beat(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, ALL_WELL | {"status": "down", "beat": "down"})


def test_a_beat_that_has_been_silent_is_noticed(client):
    health.note_beat(timezone.now() - health.SILENCE - timedelta(seconds=1))
    assert client.get("/readyz").json()["beat"] == "down"
    health.note_beat(timezone.now() - health.SILENCE + timedelta(seconds=10))
    assert client.get("/readyz").json()["beat"] == "ok"


def test_a_broker_that_stops_is_noticed_and_its_address_not_told(client, own_valkey):
    heartbeat()
    assert client.get("/readyz").status_code == 200
    own_valkey.stop()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "down", "database": "ok", "broker": "down", "beat": "down"}
    own_valkey.start()
    while not own_valkey.answers():
        pass
    heartbeat()
    assert client.get("/readyz").status_code == 200
