"""Signing in: the cadre comes with department, region and roles, so that every request asks for them once."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from cadres.models import Cadre


class CadreBackend(ModelBackend):
    """Rights come with roles alone, so that nobody's own are looked for."""

    def get_user(self, user_id: int) -> Cadre | None:
        cadre: Cadre | None = (
            Cadre.objects.select_related("department__region").prefetch_related("groups").filter(pk=user_id).first()
        )
        return cadre if cadre is not None and self.user_can_authenticate(cadre) else None

    def _get_user_permissions(self, user_obj: Cadre) -> QuerySet[Permission]:
        return Permission.objects.none()
