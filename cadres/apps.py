from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CadresConfig(AppConfig):
    name = "cadres"
    verbose_name = "干部与单位"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadres import audit, safety, wording
        from cadres.seeding import seed

        post_migrate.connect(seed, dispatch_uid="cadres.seed")
        audit.connect()
        safety.connect()
        wording.connect()
