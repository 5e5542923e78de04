"""The content of an HTML page, read by the parser of the standard library."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """A parsed page: its text, elements, and tables; each element must end where it has to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        # The caption and the cells, row by row, of each table.
        self._tables: list[tuple[list[str], list[list[str]]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def all(self, tag: str, key: str) -> list[str]:
        """Return the values of an attribute of all elements of a kind; ``*`` is every kind."""
        found = (attributes for name, attributes in self.elements if tag in ("*", name))
        return [attributes[key] for attributes in found if key in attributes]

    def table(self, caption: str) -> list[list[str]]:
        """Return the rows of the table whose caption begins so, without its header."""
        (rows,) = (rows for texts, rows in self._tables if "".join(texts).startswith(caption))
        return rows[1:]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element."""
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        self._open += [tag] * (tag not in ("meta", "img", "wbr"))
        if tag == "table":
            self._tables.append(([], []))
        elif tag == "tr":
            self._tables[-1][1].append([])
        elif tag in ("td", "th"):
            self._tables[-1][1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost element ends."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record text."""
        if "style" in self._open:
            return
        self.text += data
        if "caption" in self._open:
            self._tables[-1][0].append(data)
        elif {"td", "th"} & set(self._open):
            self._tables[-1][1][-1][-1] += data
