from django.urls import path

from cadres import watermark
from cadres.views import account, audit, departments, inbox, mail, people, regions, roles, safety

app_name = "cadres"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="read_all"),
    path("inbox/<int:pk>/", inbox.message, name="message"),
    path("inbox/settings/", mail.settings_page, name="mail_settings"),
    path("inbox/settings/address/<str:signed>/", mail.confirm_address, name="confirm_address"),
    path("mail/", mail.mails, name="mails"),
    path("mail/<int:pk>/retry/", mail.retry, name="mail_retry"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", account.second_factor_page, name="second_factor"),
    path("account/second-factor/off/", account.switch_off, name="second_factor_off"),
    path("account/sessions/<int:pk>/end/", account.end_session, name="end_session"),
    path("account/sessions/end/", account.end_other_sessions, name="end_other_sessions"),
    path("session/", account.time_left, name="session"),
    path("session/stay/", account.stay, name="stay"),
    path("audit/", audit.audit, name="audit"),
    path("admin/", regions.front, name="admin"),
    path("admin/regions/", regions.region_list, name="regions"),
    path("admin/regions/new/", regions.new_region, name="new_region"),
    path("admin/regions/<int:pk>/", regions.region, name="region"),
    path("admin/departments/", departments.department_list, name="departments"),
    path("admin/departments/new/", departments.new_department, name="new_department"),
    path("admin/departments/<int:pk>/", departments.department, name="department"),
    path("admin/cadres/", people.cadre_list, name="cadres"),
    path("admin/cadres/new/", people.new_cadre, name="new_cadre"),
    path("admin/cadres/<int:pk>/", people.cadre, name="cadre"),
    path("admin/cadres/<int:pk>/password/", people.reset_password, name="reset_password"),
    path("admin/roles/", roles.role_list, name="roles"),
    path("admin/roles/<int:pk>/", roles.grant, name="grant"),
    path("admin/roles/<int:pk>/second-factor/", safety.reset_second_factor, name="reset_second_factor"),
    path("admin/locks/", safety.locks, name="locks"),
    path("admin/locks/unlock/", safety.unlock, name="unlock"),
    path("admin/rights/", roles.rights, name="rights"),
    path("watermark.css", watermark.stylesheet, name="watermark"),
]
