"""The product's addresses, and the floor that its pages are compared with."""

from django.urls import path

from benchmarks.serving import bare
from config.urls import handler403, handler404, handler500, urlpatterns

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("bare/", bare), *urlpatterns]
