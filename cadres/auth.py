"""Signing in: the cadre comes with department, region and roles, so that every request asks for them once."""

from django.contrib.auth.backends import ModelBackend

from cadres.models import Cadre


class CadreBackend(ModelBackend):
    def get_user(self, user_id: int) -> Cadre | None:
        cadre: Cadre | None = (
            Cadre.objects.select_related("department__region").prefetch_related("groups").filter(pk=user_id).first()
        )
        return cadre if cadre is not None and self.user_can_authenticate(cadre) else None
