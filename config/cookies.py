"""The cookie in which messages wait for the next page, by a name that browsers protect."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class MessageCookie(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Messages(FallbackStorage):
    """Short ones in the cookie, the rest in the session."""

    storage_classes = (MessageCookie, SessionStorage)
