from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CadresConfig(AppConfig):
    name = "cadres"
    verbose_name = "干部与单位"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cadres import audit, safety, wording
        from cadres.seeding import seed, seed_keeping

        post_migrate.connect(seed, dispatch_uid="cadres.seed")
        post_migrate.connect(seed_keeping, sender=self, dispatch_uid="cadres.seed_keeping")
        audit.connect()
        safety.connect()
        wording.connect()
