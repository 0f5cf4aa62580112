"""The roles of the product. A role is a Django group; its code is the group's name."""

from typing import Final

from django.db import models


class Role(models.TextChoices):
    SPECIALIST = "specialist", "驻企特派专员"
    TEAM_LEADER = "team_leader", "包联领导"
    HANDLER = "handler", "承办人"
    HEAD = "head", "部门负责人"
    OFFICE = "office", "办公室"
    CALLER = "caller", "回访员"
    SUPERVISOR = "supervisor", "督查"
    LEADER = "leader", "领导"
    DISCIPLINE = "discipline", "纪检"
    SYSADMIN = "sysadmin", "系统管理员"
    SECADMIN = "secadmin", "安全管理员"
    AUDITADMIN = "auditadmin", "审计管理员"


# These see everything in their region and below.
REGIONAL: Final = frozenset({Role.OFFICE, Role.SUPERVISOR, Role.LEADER})
# These see the enterprises that are assigned to them.
ASSIGNED: Final = frozenset({Role.SPECIALIST, Role.TEAM_LEADER})
# These see what their department leads or takes part in.
DEPARTMENTAL: Final = frozenset({Role.HANDLER, Role.HEAD})
# 三员: mutually exclusive, and none of them handles business.
ADMINISTRATORS: Final = frozenset({Role.SYSADMIN, Role.SECADMIN, Role.AUDITADMIN})

# What each role may do. Names are "app_label.codename"; every app declares its own in Meta.permissions.
PERMISSIONS: Final[dict[Role, frozenset[str]]] = {
    Role.SPECIALIST: frozenset(
        {
            "enterprises.view_enterprise",
            "enterprises.change_contact",
            "enterprises.change_plan",
            "enterprises.unmask_contact",
            "enterprises.report_status",
            "visits.view_visit",
            "visits.log_visit",
            "appeals.view_appeal",
            "appeals.add_comment",
            "reports.export_ledger",
            "appeals.submit_appeal",
            "appeals.represent_enterprise",
            "appeals.make_link",
            "policies.view_policy",
            "policies.view_fulfilment",
            "policies.add_fulfilment",
            "policies.record_fulfilment",
        }
    ),
    Role.TEAM_LEADER: frozenset(
        {
            "enterprises.view_enterprise",
            "enterprises.change_contact",
            "enterprises.change_plan",
            "enterprises.unmask_contact",
            "enterprises.report_status",
            "visits.view_visit",
            "visits.log_visit",
            "appeals.view_appeal",
            "appeals.add_comment",
            "reports.export_ledger",
            "appeals.submit_appeal",
            "appeals.urge_appeal",
            "policies.view_policy",
            "policies.view_fulfilment",
            "policies.add_fulfilment",
            "policies.record_fulfilment",
        }
    ),
    Role.HANDLER: frozenset(
        {
            "enterprises.view_enterprise",
            "enterprises.unmask_contact",
            "appeals.view_appeal",
            "appeals.view_order",
            "appeals.view_instruction",
            "appeals.answer_instruction",
            "appeals.answer_order",
            "appeals.add_comment",
            "reports.export_ledger",
            "appeals.sign_appeal",
            "appeals.handle_appeal",
            "appeals.give_opinion",
            "policies.view_policy",
            "policies.view_fulfilment",
            "policies.record_fulfilment",
            "policies.process_fulfilment",
        }
    ),
    Role.HEAD: frozenset(
        {
            "enterprises.view_enterprise",
            "enterprises.unmask_contact",
            "appeals.view_appeal",
            "appeals.view_order",
            "appeals.view_instruction",
            "appeals.answer_instruction",
            "appeals.answer_order",
            "appeals.add_comment",
            "reports.export_ledger",
            "appeals.sign_appeal",
            "appeals.review_appeal",
            "appeals.give_opinion",
            "policies.view_policy",
            "policies.view_fulfilment",
            "policies.record_fulfilment",
            "policies.process_fulfilment",
        }
    ),
    Role.OFFICE: frozenset(
        {
            "enterprises.view_enterprise",
            "enterprises.change_enterprise",
            "enterprises.change_contact",
            "enterprises.change_plan",
            "enterprises.unmask_contact",
            "enterprises.assign_enterprise",
            "enterprises.report_status",
            "visits.view_visit",
            "appeals.view_appeal",
            "appeals.view_order",
            "appeals.view_instruction",
            "appeals.enter_instruction",
            "appeals.answer_instruction",
            "appeals.revoke_instruction",
            "appeals.answer_order",
            "appeals.add_comment",
            "reports.export_ledger",
            "appeals.submit_appeal",
            "appeals.triage_appeal",
            "appeals.make_link",
            "appeals.close_appeal",
            "policies.view_policy",
            "policies.change_policy",
            "policies.view_fulfilment",
            "policies.add_fulfilment",
            "policies.record_fulfilment",
            "policies.process_fulfilment",
            "policies.reopen_fulfilment",
            "reports.view_indicators",
            "reports.view_briefing",
            "reports.sign_briefing",
            "reports.set_parameters",
            "reports.import_workbook",
        }
    ),
    Role.CALLER: frozenset(),
    Role.SUPERVISOR: frozenset(
        {
            "enterprises.view_enterprise",
            "enterprises.unmask_contact",
            "visits.view_visit",
            "appeals.view_appeal",
            "appeals.view_order",
            "appeals.view_instruction",
            "appeals.revoke_instruction",
            "appeals.add_comment",
            "reports.export_ledger",
            "appeals.supervise_appeal",
            "appeals.urge_appeal",
            "appeals.hand_over",
            "policies.view_policy",
            "policies.view_fulfilment",
            "reports.view_indicators",
            "reports.view_briefing",
        }
    ),
    Role.LEADER: frozenset(
        {
            "enterprises.view_enterprise",
            "visits.view_visit",
            "appeals.view_appeal",
            "appeals.view_order",
            "appeals.view_instruction",
            "appeals.give_instruction",
            "appeals.revoke_instruction",
            "reports.export_ledger",
            "policies.view_policy",
            "policies.view_fulfilment",
            "reports.view_indicators",
            "reports.view_briefing",
        }
    ),
    Role.DISCIPLINE: frozenset({"appeals.view_appeal", "appeals.handle_referral"}),
    Role.SYSADMIN: frozenset(
        {
            "cadres.view_mail",
            "cadres.change_region",
            "cadres.change_department",
            "cadres.change_cadre",
            "workflow.change_rung",
            "workflow.change_holiday",
            "workflow.change_workinghours",
            "appeals.change_limit",
            "appeals.change_replyterm",
            "appeals.change_category",
        }
    ),
    Role.SECADMIN: frozenset({"cadres.grant_role"}),
    Role.AUDITADMIN: frozenset({"cadres.view_auditrow", "reports.export_ledger"}),
}
