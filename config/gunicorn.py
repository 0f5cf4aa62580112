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

# A page makes tens of thousands of objects and lets nearly all go by itself; Python's 700 would look for garbage in
# the middle of it dozens of times.
OBJECTS_BETWEEN_LOOKS = 10_000


def pre_fork(server: object, worker: object) -> None:
    """What is loaded before workers are forked stays, and is neither looked through for garbage nor copied for it."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
