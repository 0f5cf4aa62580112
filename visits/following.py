"""Following up earlier appeals during a visit: what was said of each becomes a comment on its case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid5

from appeals import papers
from appeals.models import Appeal
from workflow.steps import IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cadres.models import Cadre
    from visits.models import Visit


def follow_up(visit: Visit, texts: Mapping[int, str], *, by: Cadre, now: datetime) -> None:
    """Comment on each of these appeals, by key, and keep the comments with the visit; all of them or none.

    Belongs in the transaction that stores the visit. Raises IllegalStepError (Chinese) for an appeal that ended, that
    is another enterprise's, or that this cadre can't see or comment on.
    """
    scope = Appeal.objects.visible_to(by).filter(enterprise=visit.enterprise_id, pk__in=texts)
    found = {appeal.pk: appeal for appeal in scope.select_related("enterprise")}
    if len(found) < len(texts):
        raise IllegalStepError("有跟进的诉求不属于这家企业，或不在你的工作范围内。")
    said = []
    for pk, text in texts.items():
        appeal, client_id = found[pk], uuid5(visit.client_id, str(pk))
        if not papers.may_comment(by, appeal):
            raise IllegalStepError(f"诉求“{appeal.title}”现为“{appeal.status_label}”，不能再跟进。")
        said.append(papers.comment(appeal, f"{naming(visit)}{text}", by=by, now=now, client_id=client_id))
    visit.follow_ups.add(*said)


def naming(visit: Visit) -> str:
    """How a comment names the visit that it was made during."""
    return f"走访跟进（{visit.number}，{visit.visited_on:%Y-%m-%d} {visit.get_manner_display()}）："


def followed_up(visit: Visit, reader: Cadre) -> list[tuple[Appeal, str]]:
    """The appeals that were followed up as far as the reader may see them, each with what was said."""
    seen = visit.follow_ups.filter(appeal__in=Appeal.objects.visible_to(reader).values("pk"))
    comments = seen.select_related("appeal__category", "appeal__lead").order_by("pk")
    return [(comment.appeal, comment.text.removeprefix(naming(visit))) for comment in comments]
