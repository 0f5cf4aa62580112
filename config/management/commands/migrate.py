from __future__ import annotations

import time
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg2.errors import LockNotAvailable

TRIES: Final = 10


class Command(migrate.Command):
    """Django's, for a database that is in use: it waits for no lock for long, since whoever comes next waits behind it.

    After MIGRATION_LOCK_SECONDS it lets the others go first and takes up where it was. See docs/migrations.md.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{settings.MIGRATION_LOCK_SECONDS}s"])
            cursor.execute("SET statement_timeout = 0")
        try:
            self._handle_patiently(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")

    def _handle_patiently(self, *args: Any, **options: Any) -> None:
        for left in reversed(range(TRIES)):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if not left:
                    words = f"数据表一直被占用，试了 {TRIES} 次没有完成；请在业务空闲时再运行 migrate。"
                    raise CommandError(words) from error
            self.stdout.write("数据表正被使用，稍后再试。")
            time.sleep(settings.MIGRATION_LOCK_SECONDS)
