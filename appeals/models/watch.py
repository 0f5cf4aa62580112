from __future__ import annotations

from typing import Final, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q

from appeals.workflow import RUNNING

# As SQL lists them.
RUNNING_LISTED: Final = ", ".join(f"'{status}'" for status in sorted(RUNNING))


class WatchQuerySet(models.QuerySet["Watch"]):
    def raised(self, level: int = 1) -> Self:
        return self.filter(level__gte=level, level__gt=0)


class Watch(models.Model):
    """When the ladder next looks at an appeal, how high and how late it stands: a narrow copy of three columns.

    The deadline is there as long as it runs, so that what is late or raised is found in this table alone. They are
    indexed here and not on the appeal, whose two dozen indexes a sweep of thousands then leaves alone.
    Triggers on the appeal keep the copy, whoever writes; nothing else does.
    """

    appeal = models.OneToOneField("appeals.Appeal", models.CASCADE, primary_key=True, related_name="watch")
    escalates_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(null=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督办时钟"
        indexes = (
            # The sweep.
            models.Index(fields=("escalates_at",), name="watch_escalates", condition=Q(escalates_at__isnull=False)),
            # What the ladder has raised.
            models.Index(fields=("level", "appeal"), name="watch_raised", condition=Q(level__gt=0)),
            # The supervisors' queue in its order: what is raised or may be late, ended or not.
            models.Index(
                F("level").desc(),
                F("due_at").asc(nulls_last=True),
                F("appeal").desc(),
                name="watch_queue",
                condition=Q(level__gt=0) | Q(due_at__isnull=False),
                include=("escalates_at",),
            ),
            # What has ended of it, few or many; the clock stands still for hardly anything else.
            models.Index(
                F("level").desc(),
                F("due_at").asc(nulls_last=True),
                F("appeal").desc(),
                name="watch_ended",
                condition=Q(escalates_at__isnull=True) & (Q(level__gt=0) | Q(due_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.level}"


def _follow(operation: pgtrigger.Operation, name: str) -> pgtrigger.Trigger:
    """Once a statement, for all rows that it wrote."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(new="written"),
        func=f"""
            INSERT INTO appeals_watch AS w (appeal_id, escalates_at, level, due_at)
            SELECT id, escalates_at, level, CASE WHEN status IN ({RUNNING_LISTED}) THEN due_at END FROM written
            ON CONFLICT (appeal_id) DO UPDATE
            SET escalates_at = EXCLUDED.escalates_at, level = EXCLUDED.level, due_at = EXCLUDED.due_at
            WHERE (w.escalates_at, w.level, w.due_at)
                IS DISTINCT FROM (EXCLUDED.escalates_at, EXCLUDED.level, EXCLUDED.due_at);
            RETURN NULL;
        """,  # noqa: S608 - the statuses are our own
    )


KEPT_BY: Final = (_follow(pgtrigger.Insert, "watch_begins"), _follow(pgtrigger.Update, "watch_follows"))
