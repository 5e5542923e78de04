"""What keeps start-up light: a room's names load their module when one of them is first used.

A room imports what it exports for type checkers only. ``lazy`` reads those lines, so that the
names stand in one place, and gives them to whoever asks (PEP 562).
"""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

_IMPORT = re.compile(r"^    from (\S+) import (\([^)]*\)|.*)", re.MULTILINE)


def lazy(package: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package; no module of it may be called like a name."""
    loader: Any = sys.modules[package].__loader__
    places = {
        name: module
        for module, names in _IMPORT.findall(loader.get_source(package))
        for name in re.findall(r"\w+", names)
    }

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(places[name]), name)

    return get
