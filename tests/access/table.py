"""The table of access: address and role to answer. Whoever is named nowhere in a row gets its `otherwise`."""

from __future__ import annotations

from dataclasses import dataclass, field

from cadres.roles import Role

R = Role
ALL = frozenset(R)
ASSIGNED = frozenset({R.SPECIALIST, R.TEAM_LEADER})
DEPARTMENT = frozenset({R.HANDLER, R.HEAD})
REGIONAL = frozenset({R.OFFICE, R.SUPERVISOR, R.LEADER})
BUSINESS = ASSIGNED | DEPARTMENT | REGIONAL
VISITING = ASSIGNED | REGIONAL
OFFICE = frozenset({R.OFFICE})
SYSADMIN = frozenset({R.SYSADMIN})
SECADMIN = frozenset({R.SECADMIN})
AUDITADMIN = frozenset({R.AUDITADMIN})
ADMINISTRATORS = frozenset({R.SYSADMIN, R.SECADMIN, R.AUDITADMIN})
SPECIALIST = frozenset({R.SPECIALIST})
TEAM = frozenset({R.TEAM_LEADER})
NOBODY: frozenset[R] = frozenset()

# Addresses that need no sign-in; each says why where it is made.
OPEN = {"healthz", "readyz", "login", "logout", "appeals:enterprise_page", "appeals:enterprise_appeal"}


@dataclass(frozen=True)
class Row:
    """One address: `ok` may, `without_right` are told so (403), all others get `otherwise`.

    `kind` names the object that it is about; somebody else's is answered with `foreign` whoever asks, except that those
    who may never come here at all may be told so as well.
    """

    name: str
    ok: frozenset[R]
    without_right: frozenset[R] = NOBODY
    otherwise: int = 403
    kind: str = ""
    words: dict[str, str] = field(default_factory=dict)
    post: bool = False
    barred: frozenset[R] = NOBODY
    in_body: bool = False
    taken: frozenset[R] = NOBODY

    def __str__(self) -> str:
        return f"{self.name}{'-post' if self.post else ''}"

    def own(self, role: R) -> str:
        if role in self.ok:
            return "ok"
        if role in self.taken:
            return "409"
        return "403" if role in self.without_right | self.barred else str(self.otherwise)

    def foreign(self, role: R) -> str:
        return "403" if role in self.barred else "404"


def page(name: str, /, ok: frozenset[R], *, post: bool = False, **words: str) -> Row:
    """A page about no object: whoever lacks the right is told so."""
    return Row(name, ok, post=post, words=words)


def of(
    kind: str,
    name: str,
    /,
    ok: frozenset[R],
    without_right: frozenset[R] = NOBODY,
    *,
    post: bool = False,
    barred: frozenset[R] = NOBODY,
    in_body: bool = False,
    taken: frozenset[R] = NOBODY,
    **words: str,
) -> Row:
    """A page about an object: outside the scope it is not found, inside it may be refused.

    `barred` are roles that are refused before any object is looked for. `in_body`: the object is
    named by what is posted and not by the address. `taken`: what was made elsewhere with the same number is a conflict.
    """
    return Row(name, ok, without_right, 404, kind, words, post or in_body, barred, in_body, taken)


OTHERS = ALL - BUSINESS
DISCIPLINE = frozenset({R.DISCIPLINE})
SUPERVISOR = frozenset({R.SUPERVISOR})
NOT_DEMANDED = ALL - DEPARTMENT - REGIONAL  # who sees no orders and no instructions
INSTRUCTING = frozenset({R.OFFICE, R.LEADER})
READERS = BUSINESS | DISCIPLINE  # of appeals; discipline of what was handed over to it
NO_READERS = ALL - READERS

ROWS = [
    page("cadres:watermark", ALL),
    page("cadres:inbox", ALL),
    page("cadres:read_all", ALL, post=True),
    of("message", "cadres:message", ALL),
    page("cadres:mail_settings", ALL),
    page("cadres:confirm_address", ALL, signed="x"),
    page("cadres:mails", frozenset({R.SYSADMIN})),
    of("mail", "cadres:mail_retry", frozenset({R.SYSADMIN}), barred=ALL - {R.SYSADMIN}, post=True),
    page("login_code", ALL),
    page("cadres:account", ALL),
    page("cadres:reading", ALL, post=True),
    page("cadres:password", ALL),
    page("cadres:second_factor", ALL),
    page("cadres:second_factor_off", ALL),
    of("sign_in", "cadres:end_session", ALL, post=True),
    page("cadres:end_other_sessions", ALL, post=True),
    page("cadres:deputies", ALL - ADMINISTRATORS),
    of("given", "cadres:end_deputyship", ALL, post=True),
    of("taken", "cadres:act_for", ALL - ADMINISTRATORS, post=True),
    page("cadres:act_for_nobody", ALL, post=True),
    of("person", "cadres:deputies_of", SYSADMIN, barred=ALL - SYSADMIN),
    of("deputyship", "cadres:end_deputyship_of", SYSADMIN, barred=ALL - SYSADMIN, post=True),
    page("cadres:session", ALL),
    page("cadres:stay", ALL, post=True),
    page("cadres:audit", AUDITADMIN),
    page("cadres:audit_chain", AUDITADMIN),
    page("cadres:audit_check", AUDITADMIN, post=True),
    page("cadres:audit_keeping", NOBODY),  # the city's alone
    page("reports:ledger_new", AUDITADMIN, post=True, kind="audit"),
    page("cadres:admin", SYSADMIN | SECADMIN | {R.AUDITADMIN}),
    page("cadres:regions", SYSADMIN),
    page("cadres:new_region", SYSADMIN),
    of("region", "cadres:region", SYSADMIN, barred=ALL - SYSADMIN),
    page("cadres:departments", SYSADMIN),
    page("cadres:new_department", SYSADMIN),
    of("department", "cadres:department", SYSADMIN, barred=ALL - SYSADMIN),
    page("cadres:cadres", SYSADMIN),
    page("cadres:new_cadre", SYSADMIN),
    of("person", "cadres:cadre", SYSADMIN, barred=ALL - SYSADMIN),
    of("person", "cadres:cadre", SYSADMIN, barred=ALL - SYSADMIN, post=True),
    of("person", "cadres:reset_password", SYSADMIN, barred=ALL - SYSADMIN),
    page("workflow:ladder", SYSADMIN),
    page("workflow:new_rung", NOBODY),  # the city's alone
    of("rung", "workflow:rung", NOBODY, barred=ALL),
    of("rung", "workflow:remove_rung", NOBODY, barred=ALL),
    page("workflow:holidays", SYSADMIN),
    page("workflow:new_holiday", SYSADMIN),
    page("workflow:import_year", SYSADMIN),
    page("workflow:hours", NOBODY),  # the city's alone
    of("holiday", "workflow:holiday", SYSADMIN, barred=ALL - SYSADMIN),
    of("holiday", "workflow:remove_holiday", SYSADMIN, barred=ALL - SYSADMIN),
    page("appeals:limits", SYSADMIN),
    page("appeals:new_limit", SYSADMIN),
    of("limit", "appeals:limit", SYSADMIN, barred=ALL - SYSADMIN),
    of("limit", "appeals:remove_limit", SYSADMIN, barred=ALL - SYSADMIN),
    page("appeals:categories", SYSADMIN),
    page("appeals:new_category", NOBODY),  # the city's alone
    of("category", "appeals:category", NOBODY, barred=ALL),
    page("cadres:roles", SECADMIN),
    page("cadres:locks", SECADMIN),
    page("cadres:unlock", SECADMIN, post=True),
    of("person", "cadres:reset_second_factor", SECADMIN, barred=ALL - SECADMIN),
    of("person", "cadres:reset_second_factor", SECADMIN, barred=ALL - SECADMIN, post=True),
    of("person", "cadres:grant", SECADMIN, barred=ALL - SECADMIN),
    of("person", "cadres:grant", SECADMIN, barred=ALL - SECADMIN, post=True),
    page("cadres:rights", SECADMIN),
    page("enterprises:list", BUSINESS),
    page("enterprises:new", OFFICE),
    of("enterprise", "enterprises:detail", BUSINESS),
    of("enterprise", "enterprises:edit", OFFICE, BUSINESS),
    of("enterprise", "enterprises:assign", OFFICE, BUSINESS),
    of("enterprise", "enterprises:assign", OFFICE, BUSINESS, post=True),
    of("enterprise", "enterprises:report_status", OFFICE | ASSIGNED, BUSINESS),
    of("enterprise", "enterprises:report_status", OFFICE | ASSIGNED, BUSINESS, post=True),
    of("enterprise", "enterprises:move", OFFICE, BUSINESS),
    of("enterprise", "enterprises:new_contact", OFFICE | ASSIGNED, BUSINESS),
    of("enterprise", "enterprises:reveal_representative", BUSINESS - {R.LEADER}, BUSINESS, post=True),
    of("contact", "enterprises:edit_contact", OFFICE | ASSIGNED, BUSINESS),
    of("contact", "enterprises:end_contact", OFFICE | ASSIGNED, BUSINESS),
    of("contact", "enterprises:reveal_contact", BUSINESS - {R.LEADER}, BUSINESS, post=True),
    page("enterprises:assignments", BUSINESS),
    of("assignment", "enterprises:end_assignment", OFFICE, BUSINESS),
    of("assignment", "enterprises:plan", OFFICE | ASSIGNED, BUSINESS),
    page("enterprises:assign_many", OFFICE, post=True),
    page("enterprises:specialists", OFFICE),
    page("enterprises:workload", REGIONAL),
    page("enterprises:label_many", OFFICE),
    page("enterprises:label_many", OFFICE, post=True),
    page("enterprises:uncovered", REGIONAL),
    page("enterprises:campaigns", BUSINESS),
    page("enterprises:new_campaign", OFFICE),
    of("campaign", "enterprises:campaign", BUSINESS, barred=OTHERS),
    of("campaign", "enterprises:edit_campaign", OFFICE, ALL),
    page("enterprises:status", BUSINESS),
    page("appeals:list", READERS),
    page("appeals:new", OFFICE | ASSIGNED),
    page("appeals:escalations", REGIONAL),
    of("enterprise", "appeals:links", OFFICE | SPECIALIST, BUSINESS),
    of("enterprise", "appeals:links", OFFICE | SPECIALIST, BUSINESS, post=True),
    of("link", "appeals:renew_link", OFFICE | SPECIALIST, BUSINESS, post=True),
    of("link", "appeals:revoke_link", OFFICE | SPECIALIST, BUSINESS, post=True),
    page("appeals:urge_many", frozenset({R.SUPERVISOR}), post=True),
    page("appeals:reassign_many", frozenset({R.OFFICE, R.SUPERVISOR}), post=True),
    page("appeals:order_many", frozenset({R.SUPERVISOR}), post=True),
    page("appeals:orders", DEPARTMENT | REGIONAL),
    of("order", "appeals:order", DEPARTMENT | REGIONAL, barred=NOT_DEMANDED),
    of("order", "appeals:order_paper", DEPARTMENT | REGIONAL, barred=NOT_DEMANDED),
    of("order", "appeals:order_act", DEPARTMENT, REGIONAL, barred=NOT_DEMANDED, name="answer"),
    of(
        "order",
        "appeals:order_act",
        frozenset({R.SUPERVISOR}),
        DEPARTMENT | REGIONAL,
        barred=NOT_DEMANDED,
        name="revoke",
    ),
    of("appeal", "appeals:issue_order", frozenset({R.SUPERVISOR}), READERS, barred=NO_READERS),
    of("appeal", "appeals:issue_order", frozenset({R.SUPERVISOR}), READERS, barred=NO_READERS, post=True),
    page("appeals:instructions", DEPARTMENT | REGIONAL),
    of("instruction", "appeals:instruction", DEPARTMENT | REGIONAL, barred=NOT_DEMANDED),
    of("instruction", "appeals:instruction_paper", DEPARTMENT | REGIONAL, barred=NOT_DEMANDED),
    of(
        "instruction",
        "appeals:instruction_act",
        DEPARTMENT,
        REGIONAL,
        barred=NOT_DEMANDED,
        name="answer",
    ),
    of(
        "instruction",
        "appeals:instruction_act",
        frozenset({R.SUPERVISOR, R.LEADER}),
        DEPARTMENT | REGIONAL,
        barred=NOT_DEMANDED,
        name="revoke",
    ),
    of("appeal", "appeals:instruct", INSTRUCTING, READERS, barred=NO_READERS),
    of("appeal", "appeals:instruct", INSTRUCTING, READERS, barred=NO_READERS, post=True),
    of("reply_term", "appeals:reply_term", NOBODY, barred=ALL),  # the city's alone
    of("appeal", "appeals:detail", READERS, barred=NO_READERS),
    of("attachment", "appeals:file", READERS, barred=NO_READERS),
    of("attachment", "appeals:void_file", frozenset({R.SPECIALIST}), READERS, barred=NO_READERS),
    of("appeal", "appeals:comment", BUSINESS - {R.LEADER}, DISCIPLINE | {R.LEADER}, barred=NO_READERS, post=True),
    of("draft_appeal", "appeals:edit", frozenset({R.SPECIALIST}), barred=NO_READERS),
    of("appeal", "appeals:step", DEPARTMENT, READERS, barred=NO_READERS, name="sign"),
    of("appeal", "appeals:step", frozenset({R.HANDLER}), READERS, barred=NO_READERS, name="bounce"),
    of("appeal", "appeals:hand_over", SUPERVISOR, READERS, barred=NO_READERS),
    of("appeal", "appeals:hand_over", SUPERVISOR, READERS, barred=NO_READERS, post=True),
    page("appeals:referrals", SUPERVISOR | DISCIPLINE),
    of("referral", "appeals:referral", SUPERVISOR | DISCIPLINE, barred=ALL - SUPERVISOR - DISCIPLINE),
    of("referral", "appeals:conclude_referral", DISCIPLINE, SUPERVISOR, barred=ALL - SUPERVISOR - DISCIPLINE),
    of("referral", "appeals:accept_referral", DISCIPLINE, SUPERVISOR, barred=ALL - SUPERVISOR - DISCIPLINE, post=True),
    of("referral_file", "appeals:referral_file", SUPERVISOR | DISCIPLINE, barred=ALL - SUPERVISOR - DISCIPLINE),
    of("fulfilment", "appeals:of_fulfilment", OFFICE | ASSIGNED, post=True, barred=ALL - OFFICE - ASSIGNED),
    page("policies:list", BUSINESS),
    page("policies:new", OFFICE),
    of("policy", "policies:detail", BUSINESS, barred=OTHERS),
    of("policy", "policies:edit", OFFICE, BUSINESS, barred=OTHERS),
    of("policy", "policies:new_item", OFFICE, BUSINESS, barred=OTHERS),
    of("item", "policies:edit_item", OFFICE, BUSINESS, barred=OTHERS),
    of("policy_file", "policies:file", BUSINESS, barred=OTHERS),
    of("policy_file", "policies:remove_file", OFFICE, BUSINESS, barred=OTHERS),
    page("policies:fulfilments", BUSINESS),
    of("fulfilment", "policies:new_fulfilment", OFFICE | ASSIGNED, in_body=True, barred=ALL - OFFICE - ASSIGNED),
    page("policies:new_fulfilments", OFFICE),
    of("fulfilment", "policies:fulfilment", BUSINESS, barred=OTHERS),
    of("fulfilment", "policies:step", OFFICE | ASSIGNED | DEPARTMENT, BUSINESS, barred=OTHERS, name="declare"),
    of("fulfilment", "policies:step", OFFICE | DEPARTMENT, BUSINESS, barred=OTHERS, name="exclude"),
    page("visits:list", VISITING),
    page("visits:new", ASSIGNED),
    of("visit", "visits:detail", VISITING),
    page("visits:drafts", ASSIGNED),
    of("visit_draft", "visits:save_draft", frozenset({R.SPECIALIST}), in_body=True, barred=ALL - ASSIGNED, taken=TEAM),
    of("visit_draft", "visits:discard_draft", frozenset({R.SPECIALIST}), in_body=True, barred=ALL - ASSIGNED),
    of("enterprise", "visits:timeline", BUSINESS),
    page("visits:photos", ASSIGNED),
    of("visit_draft", "visits:add_photo", ASSIGNED, in_body=True, barred=ALL - ASSIGNED),
    of("photo", "visits:photo", VISITING),
    of("photo", "visits:photo_thumbnail", VISITING),
    of("draft_photo", "visits:remove_photo", frozenset({R.SPECIALIST}), post=True, barred=ALL - ASSIGNED),
    page("reports:workbench", ALL),
    page("reports:briefings", REGIONAL),
    of("draft_briefing", "reports:briefing", OFFICE),
    of("draft_briefing", "reports:briefing_workbook", OFFICE),
    of("draft_briefing", "reports:briefing_sign", OFFICE),
    of("draft_briefing", "reports:briefing_text", OFFICE),
    of("draft_briefing", "reports:briefing_refetch", OFFICE, post=True),
    of("signed_briefing", "reports:briefing", REGIONAL),
    of("signed_briefing", "reports:briefing_workbook", REGIONAL),
    of("signed_briefing", "reports:briefing_sign", OFFICE, REGIONAL),
    of("signed_briefing", "reports:briefing_text", OFFICE, REGIONAL),
    of("signed_briefing", "reports:briefing_issue", OFFICE, REGIONAL),
    of("signed_briefing", "reports:briefing_correct", OFFICE, REGIONAL),
    page("reports:recipients", OFFICE),
    page("reports:risk_levels", OFFICE),
    page("reports:power_rules", NOBODY),  # the city's office; this world has districts alone
    of("recipient", "reports:remove_recipient", OFFICE, barred=ALL - OFFICE, post=True),
    of("signed_briefing", "reports:briefing_refetch", OFFICE, REGIONAL, post=True),
    page("reports:dashboard", REGIONAL),
    page("reports:bases", REGIONAL),
    page("reports:indicators", REGIONAL),
    page("reports:rows", REGIONAL, code="resumption"),
    page("reports:ledgers", BUSINESS | AUDITADMIN),
    page("reports:ledger_new", BUSINESS, post=True, kind="appeals"),
    page("reports:ledger_new", BUSINESS, post=True, kind="fulfilments"),
    page("reports:ledger_new", VISITING, post=True, kind="visits"),
    of("ledger", "reports:ledger", OFFICE),
    of("ledger", "reports:ledger_file", OFFICE),
    page("reports:imports", OFFICE),
    page("reports:import_new", OFFICE),
    page("reports:import_template", OFFICE, kind="regions"),
    of("import", "reports:import", OFFICE, REGIONAL),
    of("import", "reports:import_faults", OFFICE, REGIONAL),
    of("import", "reports:import_cancel", OFFICE, REGIONAL, post=True),
    of("import", "reports:import_confirm", OFFICE, REGIONAL, post=True),
]
