"""Saying something about a case, and declaring a file of it void."""

from __future__ import annotations

from uuid import uuid4

from django import forms

from appeals.forms.steps import evidence, words


class CommentForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = words("留言", hint="不改变办理环节和时限，经办各方都能看到")
    uploads = evidence()


class VoidForm(forms.Form):
    reason = forms.CharField(label="作废原因", max_length=100, help_text="作废后仍列在附件里，但不能再打开")
