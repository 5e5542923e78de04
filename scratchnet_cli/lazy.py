"""What keeps start-up light: a room's names load their module when one of them is first used."""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def lazy(package: str, **modules: str) -> "Callable[[str], Any]":
    """The ``__getattr__`` (PEP 562) of a package that has these names in these modules of its own.

    modules: the names in each module, separated by spaces. No module may be called like a name.
    """
    places = {name: module for module, names in modules.items() for name in names.split()}

    def get(name: str) -> "Any":
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{places[name]}"), name)

    return get
