"""Backup and restore, with PostgreSQL's own tools and the commands that operators run."""

import contextlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.db import connection

from config.local.home import ROOT
from enterprises.models import Enterprise
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "𠮷祥<b>'=1+1"


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "photos").mkdir(parents=True)
    (settings.MEDIA_ROOT / "photos" / "一.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 8)
    (settings.MEDIA_ROOT / "empty").write_bytes(b"")
    return settings.MEDIA_ROOT


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The name of a database of the same server with nothing in it."""
    name = f"restored_{uuid.uuid4().hex}"
    parameters = connection.get_connection_params() | {"cursor_factory": None}
    with contextlib.closing(psycopg2.connect(**parameters)) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            yield name
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(*arguments: str | Path, database: str = "", media: Path) -> subprocess.CompletedProcess[str]:
    name = database or connection.settings_dict["NAME"]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    environment = {**os.environ, "DATABASE_URL": address, "MEDIA_ROOT": str(media)}
    command = [sys.executable, "manage.py", *map(str, arguments)]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)


def backed_up(media: Path, into: Path) -> Path:
    done = manage("backup", into, media=media)
    assert done.returncode == 0, done.stderr
    (made,) = into.iterdir()
    assert f"已备份到 {made}" in done.stdout
    return made


def names_in(database: str) -> list[str]:
    parameters = connection.get_connection_params() | {"cursor_factory": None, "dbname": database}
    with contextlib.closing(psycopg2.connect(**parameters)) as session, session.cursor() as cursor:
        cursor.execute("SELECT name FROM enterprises_enterprise ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.slow
def test_what_is_backed_up_is_restored_to_the_last_row_and_byte(media, empty_database, tmp_path):
    factories.EnterpriseFactory.create(name=NAME)
    made = backed_up(media, tmp_path / "backups")
    assert made.stat().st_mode & 0o777 == 0o700

    target = tmp_path / "new-media"
    done = manage("restore", made, database=empty_database, media=target)
    assert done.returncode == 0, done.stderr
    assert "核对一致" in done.stdout
    assert names_in(empty_database) == [NAME]
    assert (target / "photos" / "一.jpg").read_bytes() == (media / "photos" / "一.jpg").read_bytes()
    assert (target / "empty").read_bytes() == b""
    # The restored database is one that the product runs on: nothing is left to migrate.
    assert manage("migrate", "--check", database=empty_database, media=target).returncode == 0

    again = manage("restore", made, database=empty_database, media=target)
    assert again.returncode == 1
    assert "目标数据库不是空的" in again.stderr


@pytest.mark.slow
def test_a_backup_made_while_people_write_is_of_one_instant(media, empty_database, tmp_path):
    """The manifest is counted in the same snapshot as the dump, so a restore of anything else would differ."""
    stop = Event()

    def write() -> None:
        while not stop.is_set():
            factories.EnterpriseFactory.create()
        connection.close()

    factories.district()
    writer = Thread(target=write)
    writer.start()
    try:
        made = backed_up(media, tmp_path / "backups")
    finally:
        stop.set()
        writer.join()
    rows = json.loads((made / "manifest.json").read_text())["tables"]["enterprises_enterprise"]["rows"]
    assert rows < Enterprise.objects.count()
    done = manage("restore", made, database=empty_database, media=tmp_path / "new-media")
    assert done.returncode == 0, done.stderr
    assert len(names_in(empty_database)) == rows


@pytest.mark.slow
def test_a_damaged_backup_is_refused_before_anything_is_written(media, empty_database, tmp_path):
    made = backed_up(media, tmp_path / "backups")
    photo = made / "files" / "photos" / "一.jpg"
    photo.write_bytes(photo.read_bytes()[:-1] + b"\x00")
    target = tmp_path / "new-media"
    done = manage("restore", made, database=empty_database, media=target)
    assert done.returncode == 1
    assert "files/photos/一.jpg 缺失或内容已变，未恢复任何内容" in done.stderr
    assert not target.exists()
    assert manage("migrate", "--check", database=empty_database, media=target).returncode == 1


@pytest.mark.slow
def test_rows_that_differ_from_the_manifest_are_named(media, empty_database, tmp_path):
    factories.EnterpriseFactory.create()
    made = backed_up(media, tmp_path / "backups")
    manifest = json.loads((made / "manifest.json").read_text())
    manifest["tables"]["enterprises_enterprise"]["checksum"] = "1"
    (made / "manifest.json").write_text(json.dumps(manifest))
    done = manage("restore", made, database=empty_database, media=tmp_path / "new-media")
    assert done.returncode == 1
    assert "恢复后的数据与备份不一致：enterprises_enterprise" in done.stderr


@pytest.mark.slow
def test_files_of_somebody_else_are_never_overwritten(media, empty_database, tmp_path):
    made = backed_up(media, tmp_path / "backups")
    target = tmp_path / "new-media"
    target.mkdir()
    (target / "别人的.txt").write_text("别人的")
    done = manage("restore", made, database=empty_database, media=target)
    assert done.returncode == 1
    assert "MEDIA_ROOT 里已有别的文件（如 别人的.txt）" in done.stderr


def test_a_directory_that_is_no_backup_is_named(tmp_path):
    done = manage("restore", tmp_path, media=tmp_path / "media")
    assert done.returncode == 1
    assert "不是一份备份" in done.stderr
    (tmp_path / "manifest.json").write_text("{")
    assert "已损坏" in manage("restore", tmp_path, media=tmp_path / "media").stderr


@pytest.mark.slow
def test_a_backup_that_fails_leaves_nothing_behind(media, tmp_path):
    (tmp_path / "backups").write_text("a file where a directory should be")
    done = manage("backup", tmp_path / "backups", media=media)
    assert done.returncode == 1
    assert "无法写入" in done.stderr
    assert manage("backup", tmp_path / "good", database="no_such_database", media=media).returncode == 1
    assert not list((tmp_path / "good").glob("*"))
