"""Who is told of a demand, whatever kind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadres import audience
from cadres.roles import Role

if TYPE_CHECKING:
    from appeals.models.demands import Demand
    from cadres.audience import Target


def case_of(demand: Demand) -> str:
    return f"{demand.number}\n{demand.appeal.number} {demand.appeal.enterprise.name}"


def answering(demand: Demand, *, with_leader: bool = False) -> list[Target]:
    """The head and the handler of the department that owes the answer; where nobody leads, the office."""
    appeal, pk = demand.appeal, demand.answering_id
    if pk is None or (demand.is_of_lead and appeal.lead_id is None):
        return [audience.of_region(Role.OFFICE, appeal.region_id)]
    handler = audience.of_department(Role.HANDLER, pk)
    if appeal.handler_id and appeal.lead_id == pk:
        handler = audience.cadre_of_department(appeal.handler_id, Role.HANDLER, pk)
    people = [audience.of_department(Role.HEAD, pk), handler]
    return [*people, audience.leader_in_charge(pk)] if with_leader else people


def supervisors(demand: Demand) -> list[Target]:
    return [audience.of_region(Role.SUPERVISOR, demand.appeal.region_id)]
