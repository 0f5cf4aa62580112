from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "系统运行"

    def ready(self) -> None:
        """Load the Celery app, so that shared tasks publish to our broker from whatever process Django runs in."""
        from config import celery  # noqa: F401
