from django.urls import path

from reports.views import bases, briefings, dashboard, imports, indicators, issuing, ledgers, parameters, workbench

app_name = "reports"

urlpatterns = [
    path("", workbench.workbench, name="workbench"),
    path("briefings/", briefings.briefings, name="briefings"),
    path("briefings/<int:pk>/", briefings.detail, name="briefing"),
    path("briefings/<int:pk>/refetch/", briefings.refetch, name="briefing_refetch"),
    path("briefings/<int:pk>/sign/", briefings.sign, name="briefing_sign"),
    path("briefings/recipients/", issuing.recipients, name="recipients"),
    path("briefings/recipients/<int:pk>/remove/", issuing.remove_recipient, name="remove_recipient"),
    path("briefings/<int:pk>/text/", issuing.edit_text, name="briefing_text"),
    path("briefings/<int:pk>/issue/", issuing.issue, name="briefing_issue"),
    path("briefings/<int:pk>/correct/", issuing.correct, name="briefing_correct"),
    path("briefings/<int:pk>/workbook/", briefings.download, name="briefing_workbook"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("reports/", indicators.indicators, name="indicators"),
    path("reports/rows/<slug:code>/", indicators.rows, name="rows"),
    path("reports/power-rules/", parameters.power_rules, name="power_rules"),
    path("reports/risk-levels/", parameters.risk_levels, name="risk_levels"),
    path("reports/bases/", bases.base_list, name="bases"),
    path("ledgers/", ledgers.ledger_list, name="ledgers"),
    path("ledgers/new/<slug:kind>/", ledgers.ask, name="ledger_new"),
    path("ledgers/<int:pk>/", ledgers.detail, name="ledger"),
    path("ledgers/<int:pk>/file.xlsx", ledgers.download, name="ledger_file"),
    path("imports/", imports.import_list, name="imports"),
    path("imports/new/", imports.upload, name="import_new"),
    path("imports/templates/<kind>.xlsx", imports.template, name="import_template"),
    path("imports/<int:pk>/", imports.detail, name="import"),
    path("imports/<int:pk>/confirm/", imports.confirm, name="import_confirm"),
    path("imports/<int:pk>/cancel/", imports.cancel, name="import_cancel"),
    path("imports/<int:pk>/faults.xlsx", imports.fault_book, name="import_faults"),
]
