from policies.models.fulfilment import Fulfilment
from policies.models.history import Event, Payment
from policies.models.policy import Item, Policy, PolicyFile
from policies.models.queries import FulfilmentQuerySet

__all__ = ["Event", "Fulfilment", "FulfilmentQuerySet", "Item", "Payment", "Policy", "PolicyFile"]
