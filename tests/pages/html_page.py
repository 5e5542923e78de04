"""What stands in an HTML page, read by the standard library's parser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img"}


@dataclass
class Table:
    """A table's caption and the text of its cells, row by row."""

    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)


class Page(HTMLParser):
    """A parsed page: its text, tables, anchors, links and pictures.

    Raises:
        AssertionError: an element is not closed where it must be.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.tables: list[Table] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def all(self, tag: str, key: str) -> list[str]:
        """The values of an attribute of all elements of a kind; ``*`` is every kind."""
        found = (held for name, held in self.elements if tag in ("*", name))
        return [held[key] for held in found if key in held]

    def table(self, caption: str) -> list[list[str]]:
        """The rows of the table whose caption begins so, without that of its header."""
        (found,) = (table for table in self.tables if table.caption.startswith(caption))
        return found.rows[1:]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("td", "th"):
            self.tables[-1].rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Note an element's end."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        if "style" in self._open:
            return
        self.text += data
        if "caption" in self._open:
            self.tables[-1].caption += data
        elif {"td", "th"} & set(self._open):
            self.tables[-1].rows[-1][-1] += data
