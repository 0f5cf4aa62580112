"""gunicorn's settings: `gunicorn --config python:config.gunicorn config.wsgi:application`."""

import gc

from config.logs import LOGGING

worker_class = "gthread"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 10
logconfig_dict = LOGGING
preload_app = True
control_socket_disable = True


def pre_fork(server: object, worker: object) -> None:
    """What is loaded before workers are forked stays, and is neither looked through for garbage nor copied for it."""
    gc.freeze()
