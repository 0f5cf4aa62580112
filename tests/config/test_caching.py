import pickle
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("value", [0, 17, 3.5, "数字 𠮷", [120, 500], {"done": 1}, None])
def test_what_is_cached_comes_back_as_it_was(value):
    cache.set("probe", value, timeout=10)
    assert cache.get("probe") == value


def test_what_somebody_else_wrote_into_the_cache_runs_nothing(tmp_path):
    cache.set("probe", 1, timeout=10)
    server = cache._cache.get_client(write=True)
    server.set(cache.make_key("probe"), pickle.dumps(Trap(tmp_path / "sprung")))
    assert cache.get("probe") is None
    assert not (tmp_path / "sprung").exists()
