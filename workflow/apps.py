from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WorkflowConfig(AppConfig):
    name = "workflow"
    verbose_name = "流程与时限"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from workflow.seeding import seed

        post_migrate.connect(seed, sender=self, dispatch_uid="workflow.seed")
