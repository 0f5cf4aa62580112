#!/usr/bin/env python3
"""Django's command line. Without DATABASE_URL it talks to the running embedded servers."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.local import home

    home.use_running_servers(os.environ)
    from django.core.management import execute_from_command_line

    from config import history

    with history.of_command(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
