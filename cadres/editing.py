"""Two people editing one row: the second is told what the first changed, and nothing either typed is lost."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from django import forms
from django.core import signing
from django.db.models import Model
from django.http import QueryDict
from django.utils.functional import cached_property

M = TypeVar("M", bound=Model)

SALT: Final = "cadres.editing"


class VersionedForm(forms.ModelForm[M]):
    """A form of a model with a `version`. The view locks the row before it binds the form to it.

    The form carries what its reader saw. Where the row has changed since, it refuses once: fields that only the other
    person changed take their new values, fields that both changed keep what was typed, and a sentence names each.
    """

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        return self._signed() if field_name == "seen" else super().get_initial_for_field(field, field_name)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.instance.pk:
            version, seen = self._what_was_seen()
            if version != self._version:
                self._tell_what_changed(seen)
        return values

    def save(self, commit: bool = True) -> M:
        if self.instance.pk:
            self.instance.version = self._version + 1  # type: ignore[attr-defined]
        return super().save(commit)

    @cached_property
    def _stored(self) -> dict[str, list[str]]:
        """What a browser would post for each field of the row as it is now, if nobody touched it."""
        return {name: self._untouched(name) for name in self.fields if name != "seen"}

    @property
    def _version(self) -> int:
        return int(self.instance.version)  # type: ignore[attr-defined]

    def _signed(self) -> str:
        return signing.dumps([self._version, self._stored], salt=SALT, compress=True)

    def _what_was_seen(self) -> tuple[int, dict[str, list[str]]]:
        try:
            version, seen = signing.loads(self.data.get("seen", ""), salt=SALT)
        except signing.BadSignature:
            return 0, {}
        return version, seen

    def _tell_what_changed(self, seen: dict[str, list[str]]) -> None:
        data = QueryDict(mutable=True)
        data.update(self.data)
        for name, now in self._stored.items():
            before, typed = seen.get(name, now), self._typed(name)
            if now == before:
                continue
            if typed == before:
                data.setlist(name, now)
                self.add_error(None, f"“{self.fields[name].label}”已由他人改为“{self._words(name, now)}”，已替你更新。")
            elif typed != now:
                mine = self._words(name, typed)
                said = f"“{self.fields[name].label}”已由他人改为“{self._words(name, now)}”，你填的是“{mine}”，请核对。"
                self.add_error(None, said)
        self.add_error(None, "此记录在你填写期间已被他人修改，请核对后再次提交。")
        data["seen"] = self._signed()
        self.data = data

    def _typed(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    def _untouched(self, name: str) -> list[str]:
        field = self.fields[name]
        value = field.widget.format_value(field.prepare_value(self.get_initial_for_field(field, name)))
        if value is None:
            return [""]
        return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]

    def _words(self, name: str, posted: list[str]) -> str:
        labels = dict(_flat(getattr(self.fields[name], "choices", ())))
        return "、".join(labels.get(value, value).strip() for value in posted if value) or "空"


def _flat(choices: Any) -> list[tuple[str, str]]:
    """The choices of a select, those of its groups too."""
    found = []
    for value, label in choices:
        found += _flat(label) if isinstance(label, list | tuple) else [(str(value), str(label))]
    return found
