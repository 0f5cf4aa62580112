"""The product's settings, with every answer telling what it asked the database, and a bare page beside the others."""

from config.settings import *  # noqa: F403 -- all of them
from config.settings import MIDDLEWARE as PRODUCT

ROOT_URLCONF = "benchmarks.urls"
MIDDLEWARE = ["benchmarks.serving.tell_statements", *PRODUCT]
