"""Signing in: the cadre comes with department, region, roles and rights, by one query of each request."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet

from cadres.models import Cadre


class CadreBackend(ModelBackend):
    """Rights come with roles alone, so that nobody's own are looked for."""

    def get_user(self, user_id: int) -> Cadre | None:
        found: Cadre | None = (
            Cadre.objects.select_related("department__region").with_rights().filter(pk=user_id).first()
        )
        return found if found is not None and self.user_can_authenticate(found) else None

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """What the roles bring; everything for a superuser, nothing for who is switched off, as Django has it."""
        if user_obj.is_superuser or not user_obj.is_active or obj is not None:
            return super().get_group_permissions(user_obj, obj)
        return set(user_obj.rights)

    def _get_user_permissions(self, user_obj: Cadre) -> QuerySet[Permission]:
        return Permission.objects.none()
