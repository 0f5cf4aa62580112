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

# What a page makes is held until it is rendered, and nearly all of it goes by itself: looking for garbage after each
# 700 objects, as Python does, only takes time.
OBJECTS_BETWEEN_LOOKS = 10_000


def pre_fork(server: object, worker: object) -> None:
    """What is loaded before workers are forked stays, and is neither looked through for garbage nor copied for it."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS)
