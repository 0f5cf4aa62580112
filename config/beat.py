"""Beat: any number may run, and one of them, the leader, sends what the schedule says."""

from datetime import UTC, datetime
from typing import Any, Final

import psycopg2
import psycopg2.extensions
from celery.beat import Scheduler
from celery.utils.log import get_logger
from django.db import connection

logger = get_logger(__name__)

LEADERSHIP: Final = 727_001
ASK_AGAIN_SECONDS: Final = 0.5
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class LeaderScheduler(Scheduler):
    """Ticks only while it holds an advisory lock in PostgreSQL, which frees the lock when the connection ends.

    It keeps no file: a new leader sends everything at once, since no task minds being called too often.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._session: psycopg2.extensions.connection | None = None
        self._leading = False
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if not self._leads():
            return ASK_AGAIN_SECONDS
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        if self._session:
            self._session.close()
        super().close()

    def _leads(self) -> bool:
        """Ask the database at every tick: a leader whose connection broke may already have a successor."""
        try:
            if self._session is None:
                self._session, self._leading = _connect(), False
            with self._session.cursor() as cursor:
                if self._leading:
                    cursor.execute("select 1")
                else:
                    cursor.execute("select pg_try_advisory_lock(%s)", [LEADERSHIP])
                    self._leading = cursor.fetchone() == (True,)
                    if self._leading:
                        self._send_everything_at_once()
        except psycopg2.Error as error:
            logger.warning("Beat lost the database: %s", error)
            self._session, self._leading = None, False
        return self._leading

    def _send_everything_at_once(self) -> None:
        logger.info("This beat leads")
        for entry in self.schedule.values():
            entry.last_run_at = LONG_AGO
        self._heap = None


def _connect() -> psycopg2.extensions.connection:
    """A connection of its own, outside Django's care, that notices within seconds when the server is gone."""
    session: psycopg2.extensions.connection = psycopg2.connect(
        **connection.get_connection_params()
        | {"connect_timeout": 2, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2}
    )
    session.autocommit = True
    return session
