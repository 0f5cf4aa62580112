from __future__ import annotations

from uuid import uuid4

from django.db import models

from cadres.models.done_by import DoneBy
from cadres.models.people import Cadre


def random_path(upload: models.Model, name: str) -> str:
    """Nothing of the person's own name, and no ending that a web server could act upon."""
    drawn = uuid4().hex
    return f"uploads/{drawn[:2]}/{drawn}"


class AbstractUpload(models.Model):
    """A file that somebody gave: written by `cadres.uploads.store`, handed out by `cadres.uploads.serve` alone.

    A child adds its owner and a unique constraint on the owner and sha256.
    """

    file = models.FileField("文件", upload_to=random_path, max_length=200)
    name = models.CharField("文件名", max_length=120)
    media_type = models.CharField("格式", max_length=100)
    size = models.PositiveIntegerField("字节数")
    sha256 = models.CharField("校验码", max_length=64)
    uploaded_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")
