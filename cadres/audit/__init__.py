"""The audit log: written by the act, sealed as a hash chain, checked, and kept for as long as the rules demand."""

from cadres.audit.writing import Action, connect, record

__all__ = ["Action", "connect", "record"]
