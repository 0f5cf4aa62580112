"""`reset_second_factor USERNAME`: for when no security administrator is left who could do it in the browser."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cadres.models import Cadre
from cadres.safety import second_factor


class Command(BaseCommand):
    help = "Take away somebody's second factor and recovery codes. Safe to repeat; the audit log notes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def handle(self, *, username: str, **_: Any) -> None:
        cadre = Cadre.objects.filter(username=username).first()
        if cadre is None:
            raise CommandError(f"没有用户名为“{username}”的账号。")
        was_on = second_factor.switch_off(cadre, by=None)
        self.stdout.write("已重置第二因素。" if was_on else "这个账号没有启用第二因素，无需重置。")
