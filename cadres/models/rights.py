import pgtrigger
from django.contrib.auth.models import Group
from django.db import models

from cadres import history
from cadres.models.people import ADMINISTRATORS_REMAIN, Cadre
from cadres.roles import ADMINISTRATORS

NAMES = ", ".join(f"'{role.value}'" for role in sorted(ADMINISTRATORS))

# The row of the cadre is locked, so that two grants at once do not both find the other one missing.
ONE_KIND_OF_ROLE = f"""
    PERFORM 1 FROM cadres_cadre WHERE id = NEW.cadre_id FOR NO KEY UPDATE;
    IF (
        SELECT count(*) > 1 AND bool_or(g.name IN ({NAMES}))
        FROM cadres_cadre_groups held JOIN auth_group g ON g.id = held.group_id WHERE held.cadre_id = NEW.cadre_id
    ) THEN
        RAISE EXCEPTION 'cadre % holds an administrator''s role beside another', NEW.cadre_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_kind_of_role';
    END IF;
    RETURN NULL;
"""


@history.track_links(app_label="cadres", model_name="CadreRoleEvent", owner="cadre")
class CadreRole(Cadre.groups.through):  # type: ignore[misc, name-defined]
    """Which roles a cadre holds; the many-to-many table by a name of its own.

    An administrator's role (三员) stands alone, and the last holder of one keeps it.
    """

    class Meta:
        proxy = True
        app_label = "cadres"
        triggers = (
            pgtrigger.Trigger(
                name="one_kind_of_role", when=pgtrigger.After, operation=pgtrigger.Insert, func=ONE_KIND_OF_ROLE
            ),
            pgtrigger.Trigger(
                name="administrators_remain",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func=ADMINISTRATORS_REMAIN,
            ),
        )


@history.track_links(app_label="cadres", model_name="RoleRightEvent", owner="group")
class RoleRight(Group.permissions.through):  # type: ignore[misc, name-defined]
    """Which rights a role has; the many-to-many table by a name of its own."""

    class Meta:
        proxy = True
        app_label = "cadres"


class SeededRight(models.Model):
    """A right that was once given to a role by seeding, so that taking it away lasts."""

    role = models.CharField(max_length=20)
    right = models.CharField(max_length=100)

    class Meta:
        verbose_name = verbose_name_plural = "已播种权限"
        constraints = (models.UniqueConstraint(fields=("role", "right"), name="right_seeded_once"),)

    def __str__(self) -> str:
        return f"{self.role} {self.right}"
