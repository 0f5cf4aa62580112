from django.apps import AppConfig


class EnterprisesConfig(AppConfig):
    name = "enterprises"
    verbose_name = "市场主体"
    default_auto_field = "django.db.models.BigAutoField"
