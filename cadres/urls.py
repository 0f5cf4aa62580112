from django.urls import path

from cadres import watermark
from cadres.views import audit, inbox, mail

app_name = "cadres"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="read_all"),
    path("inbox/<int:pk>/", inbox.message, name="message"),
    path("inbox/settings/", mail.settings_page, name="mail_settings"),
    path("inbox/settings/address/<str:signed>/", mail.confirm_address, name="confirm_address"),
    path("mail/", mail.mails, name="mails"),
    path("mail/<int:pk>/retry/", mail.retry, name="mail_retry"),
    path("audit/", audit.audit, name="audit"),
    path("watermark.css", watermark.stylesheet, name="watermark"),
]
