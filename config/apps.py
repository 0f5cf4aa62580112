from django.apps import AppConfig
from django.db.backends.signals import connection_created


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "系统运行"

    def ready(self) -> None:
        """Load the Celery app, so that shared tasks publish to our broker from whatever process Django runs in."""
        from config import celery, connections  # noqa: F401

        connection_created.connect(connections.ignore_no_trigger, dispatch_uid="config.ignore_no_trigger")
