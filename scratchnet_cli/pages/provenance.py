"""Rows of a page that say what was run, when and by what."""

from scratchnet_cli.origin import Origin, versions
from scratchnet_cli.pages.html import joined, tag

Row = tuple[str, str]


def origin_row(what: str, origin: Origin) -> Row:
    """Where weights or a dataset came from, with the hash that tells it from any other."""
    name = f"{origin.name}, in place of the default" if origin.fallback else origin.name
    return what, joined(name, tag("span", origin.source), tag("code", origin.sha256))


def made_rows(made: str) -> tuple[Row, ...]:
    """When the page was made, and the versions at work. made: ISO 8601."""
    by = ", ".join(f"{name} {version}" for name, version in versions().items())
    return ("made", tag("time", made, datetime=made)), ("by", by)
