import time

import pytest
from django.db import transaction

from cadres.hints import hint
from config.tasks import heartbeat
from tests import broker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queues():
    broker.clear()
    yield
    broker.clear()


def test_a_hint_is_sent_after_commit_and_not_before():
    with transaction.atomic():
        hint(heartbeat)
        assert broker.waiting("default") == []
    assert broker.waiting("default") == ["config.tasks.heartbeat"]


def test_what_is_rolled_back_sends_no_hint():
    def do_and_fail():
        with transaction.atomic():
            hint(heartbeat)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do_and_fail()
    assert broker.waiting("default") == []


def test_with_the_broker_down_the_caller_goes_on_at_once(broker_is_down, caplog):
    started = time.monotonic()
    with transaction.atomic():
        hint(heartbeat)
    assert time.monotonic() - started < 1
    assert "config.tasks.heartbeat" in caplog.text


def test_once_the_broker_is_back_hints_are_sent_again(tmp_path):
    with broker.is_down(tmp_path):
        hint(heartbeat)
    hint(heartbeat)
    assert broker.waiting("default") == ["config.tasks.heartbeat"]


def test_a_mistake_in_the_call_is_not_taken_for_a_broker_that_is_down():
    with pytest.raises(TypeError):
        hint(heartbeat, 1)


def test_a_transaction_with_many_notices_sends_one_hint():
    with transaction.atomic():
        for _ in range(500):
            hint(heartbeat)
    with transaction.atomic():
        hint(heartbeat)
    assert broker.waiting("default") == ["config.tasks.heartbeat"] * 2
