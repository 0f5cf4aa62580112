"""The way to the broker, where kombu's own would end the worker."""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as BrokerIsGoneError


class Channel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """Of a connection that was lost meanwhile kombu asks the host name, an error that no worker survives.

        It happens when a task is acknowledged that ended while the broker was away.
        """
        if self.connection.client is None:
            raise BrokerIsGoneError("the connection to the broker is closed")
        found: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]
        return found


class Transport(redis.Transport):
    Channel = Channel
