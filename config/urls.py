"""Addresses. Every app names its own from the root, as `contract.md` lists them."""

from django.urls import URLPattern, URLResolver, include, path

from config import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("cadres.sign_in_urls")),
    path("", include("cadres.urls")),
    path("", include("workflow.urls")),
    path("", include("enterprises.urls")),
    path("", include("policies.urls")),
    path("", include("appeals.urls")),
    path("", include("visits.urls")),
    path("", include("reports.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.broken"
