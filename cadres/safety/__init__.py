"""Signing in safely: passwords, lock-out, the second factor, idle sessions, and the gate that asks for what is missing.

Rules: GB/T 22239-2019 8.1.4.1 (a unique identity with a password of some complexity, ending a session after failures
and idleness, a second factor), restated in settings under "Signing in".
"""

from django.contrib.auth.signals import user_logged_in, user_logged_out


def connect() -> None:
    from axes.signals import user_locked_out

    from cadres.safety import lockout, sessions

    user_logged_in.connect(sessions.begin, dispatch_uid="cadres.sessions")
    user_logged_out.connect(sessions.end, dispatch_uid="cadres.sessions")
    user_locked_out.connect(lockout.note, dispatch_uid="cadres.lockout")
