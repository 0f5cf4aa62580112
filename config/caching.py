"""What goes into the cache, as JSON: Django pickles, and whoever may write a pickle has us run their code."""

import json
from typing import Any


class Json:
    """Whatever else stands in the cache was not written by us, and is as good as nothing."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError:
            return None
