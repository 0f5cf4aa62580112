from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AppealsConfig(AppConfig):
    name = "appeals"
    verbose_name = "困难诉求"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from appeals.seeding import seed

        post_migrate.connect(seed, sender=self, dispatch_uid="appeals.seed")
