"""The form of an enterprise's contact. What is stored is shown masked: left empty it stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from cadres.editing import VersionedForm
from cadres.search import normalise
from enterprises import contacts
from enterprises.forms.enterprises import clean_personal
from enterprises.models import Contact

if TYPE_CHECKING:
    from enterprises.models import Enterprise


class ContactForm(VersionedForm[Contact]):
    class Meta:
        model = Contact
        fields = ("name", "position", "phone", "is_main", "note")
        widgets = {  # noqa: RUF012 -- Django declares it so
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        }
        help_texts = {"is_main": "每家企业一名，设为主要联系人后原主要联系人改为一般联系人"}  # noqa: RUF012

    def __init__(self, *args: Any, enterprise: Enterprise, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.enterprise = enterprise
        for name, masked in (("name", self.instance.masked_name), ("phone", self.instance.masked_phone)):
            if masked:
                self.initial[name] = ""
                self.fields[name].widget.attrs["placeholder"] = masked
                self.fields[name].help_text = f"现为 {masked}，不修改请留空"
        if not self.instance.pk and not enterprise.main_contact:
            self.initial["is_main"] = True

    def clean_name(self) -> str:
        return clean_personal(self.cleaned_data["name"], self.instance.name, self.instance.masked_name)

    def clean_phone(self) -> str:
        return clean_personal(self.cleaned_data["phone"], self.instance.phone, self.instance.masked_phone)

    def clean_position(self) -> str:
        return normalise(self.cleaned_data["position"])

    def keep(self) -> Contact:
        kept = self.save(commit=False)
        contacts.keep(kept)
        return kept
