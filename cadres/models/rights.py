from django.db import models


class SeededRight(models.Model):
    """A right that was once given to a role by seeding, so that taking it away lasts."""

    role = models.CharField(max_length=20)
    right = models.CharField(max_length=100)

    class Meta:
        verbose_name = verbose_name_plural = "已播种权限"
        constraints = (models.UniqueConstraint(fields=("role", "right"), name="right_seeded_once"),)

    def __str__(self) -> str:
        return f"{self.role} {self.right}"
