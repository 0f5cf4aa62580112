"""The form field for several files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from cadres.uploads.checking import DOCUMENTS, PICTURES, Checked, check
from cadres.uploads.errors import UploadError
from cadres.uploads.formats import BY_PILLOW, EVERY_FORMAT, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 20


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class UploadsField(forms.FileField):
    """Files, up to `most`; the value is a list of Checked, the same content once. Each error names its file."""

    widget = FilesInput

    def __init__(self, *, allowed: frozenset[Kind] = DOCUMENTS, most: int = MOST, **options: Any) -> None:
        self.allowed, self.most = allowed, most
        options.setdefault("required", False)
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": accepted(self.allowed)}

    def clean(self, data: Any, initial: Any = None) -> list[Checked]:
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data] if data else []
        if self.required and not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(files) > self.most:
            raise forms.ValidationError(f"一次最多上传 {self.most} 个文件", code="too_many")
        found: dict[str, Checked] = {}
        errors = []
        for file in files:
            try:
                checked = check(file, self.allowed)
            except UploadError as error:
                errors.append(forms.ValidationError(f"“{file.name}”{error}", code="refused"))
            else:
                found.setdefault(checked.sha256, checked)
        if errors:
            raise forms.ValidationError(errors)
        return list(found.values())


def accepted(allowed: frozenset[Kind]) -> str:
    """What a browser's own chooser offers."""
    if allowed == PICTURES:
        return ",".join(sorted({form.media_type for form in BY_PILLOW.values()}))
    return ",".join(
        f".{ending}" for form in dict.fromkeys(EVERY_FORMAT) if form.kind in allowed for ending in form.endings
    )
