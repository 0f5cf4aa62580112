"""What a connection to the database says before anything else."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction


def ignored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pgtrigger.ignore', true)")
        found: str = cursor.fetchone()[0]
    return found


def test_pages_ask_for_no_helpers_of_the_server() -> None:
    """Said where the web begins, by gunicorn's module; a worker may have them."""
    command = "import config.wsgi; from django.db import connection; cursor = connection.cursor();"
    asked = "cursor.execute('SHOW max_parallel_workers_per_gather'); print(cursor.fetchone()[0])"
    told = subprocess.run([sys.executable, "-c", command + asked], capture_output=True, check=True)
    assert told.stdout.split() == [b"0"]


def ignored_by_another_thread() -> str:
    try:
        return ignored()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_every_connection_says_that_no_trigger_is_ignored() -> None:
    """So that a trigger reads it and catches no error, which in a long transaction costs more with every row."""
    with ThreadPoolExecutor(1) as other:
        assert other.submit(ignored_by_another_thread).result() == "{}"


@pytest.mark.django_db(transaction=True)
def test_it_outlives_a_transaction_that_is_rolled_back() -> None:
    connection.close()
    with transaction.atomic():
        assert ignored() == "{}"
        transaction.set_rollback(True)
    assert ignored() == "{}"
