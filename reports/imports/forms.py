from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from reports.imports.parsing.limits import FILE_BYTES
from reports.models import ImportJob

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

SUFFIXES: Final = (".xlsx", ".csv")


class ImportForm(forms.Form):
    """An upload. What is in the file is for the worker to find out."""

    kind = forms.ChoiceField(
        label="导入什么",
        choices=[("", "请选择"), *ImportJob.Kind.choices],
        error_messages={"required": "请选择要导入的内容", "invalid_choice": "没有这种内容，请从列表中选择"},
    )
    file = forms.FileField(
        label="文件",
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=f"Excel 工作簿（.xlsx）或 CSV，不超过 {FILE_BYTES >> 20} MB",
        error_messages={"required": "请选择文件", "empty": "文件是空的，请检查后重新选择"},
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES:
            raise forms.ValidationError(f"文件超过 {FILE_BYTES >> 20} MB，请删去图片等无关内容，或分成几个文件")
        if not (file.name or "").lower().endswith(SUFFIXES):
            raise forms.ValidationError(
                "只能导入 .xlsx 或 .csv 文件，请在 Excel 中另存为“Excel 工作簿（.xlsx）”后再选择"
            )
        return file
