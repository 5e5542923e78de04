"""What keeps start-up light: a room's names load their module when one of them is first used.

A room imports what it exports for type checkers only. ``lazy_exports`` reads those lines, so that
the names stand in one place, and gives them to whoever asks (PEP 562).
"""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

_IMPORT = re.compile(r"^    from (\S+) import (\([^)]*\)|.*)", re.MULTILINE)


def lazy_exports(package: str) -> tuple[Callable[[str], Any], list[str]]:
    """The ``__getattr__`` and the ``__all__`` of a package.

    Its imports for type checkers have no comments and no new names, and none of its modules is
    called like a name.

    Raises:
        ImportError: the package was installed without its source.
    """
    spec = sys.modules[package].__spec__
    loader: Any = spec and spec.loader
    source = loader.get_source(package)
    if source is None:
        raise ImportError(f"{package} needs its .py files, and only compiled ones are installed")
    places = {
        name: module
        for module, names in _IMPORT.findall(source)
        for name in re.findall(r"(\w+)(?: as \w+)?", names)
    }

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(places[name]), name)

    return get, sorted(places)
