"""HTML elements and the frame of a report. Every string that is not ``Html`` is escaped."""

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape as escape_html
from pathlib import Path

from scratchnet_cli.system.files import PAGE_MARKER
from scratchnet_cli.system.origin import Origin, versions
from scratchnet_cli.system.text import escape

_STYLE = Path(__file__).with_name("page.css")
# Elements that never have content have no end tag.
_VOID_TAGS = ("img", "meta")
_SECTION = re.compile('<section id="(.*?)"><h2>(.*?)</h2>')
# A section with more cards shows its first ones; the others are collapsed.
MAX_OPEN_CARDS, FIRST_CARDS = 40, 12


class Html(str):
    """Text that is HTML already. Every other string is escaped."""


def tag(name: str, /, *content: str, **attributes: str | float) -> Html:
    """Return an element. In names of attributes, ``class_`` is ``class`` and ``_`` is ``-``."""
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape_html(escape(str(value)))}"'
        for key, value in attributes.items()
    )
    end = "" if name in _VOID_TAGS else f"</{name}>"
    return Html(f"<{name}{head}>{join(*content)}{end}")


def join(*content: str) -> Html:
    """Return the parts one after the other, escaped if they are not HTML."""
    parts = (c if isinstance(c, Html) else escape_html(escape(c), quote=False) for c in content)
    return Html("".join(parts))


def breakable(text: str) -> Html:
    """Return text in which lines may break after the separators of a path."""
    return Html(re.sub(r"\w[/\\_-]+", r"\g<0><wbr>", join(text)))


def table(
    caption: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], class_: str = "figures"
) -> Html:
    """Return a table whose first column names its rows."""
    head = tag("tr", *(tag("th", name, scope="col") for name in columns))
    body = (
        tag("tr", tag("th", breakable(first), scope="row"), *(tag("td", cell) for cell in rest))
        for first, *rest in rows
    )
    return tag(
        "table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_=class_
    )


def img(source: str, alternative: str, class_: str, width: int, height: int) -> Html:
    """Return an image. source: a data URI; alternative: the text for screen readers."""
    return tag("img", src=source, alt=alternative, class_=class_, width=width, height=height)


def captioned(content: str, *lines: str) -> Html:
    """Return a figure with lines below it."""
    return tag("figure", content, tag("figcaption", join(*lines)))


def header(kicker: str, heading: str, figures: Sequence[tuple[str, str]]) -> Html:
    """Return the top of a report. kicker: the line above the heading; figures: names and values."""
    items = (tag("li", name, tag("strong", value)) for name, value in figures)
    title = tag("h1", breakable(heading))
    return tag("header", tag("p", kicker), title, tag("ul", *items, class_="key"))


def section(anchor: str, heading: str, lead: str, *content: str) -> Html:
    """Return a part of the report: its heading, a paragraph if there is one, and the content."""
    paragraph = tag("p", lead) if lead else Html()
    return join(tag("section", tag("h2", heading), paragraph, *content, id=anchor), Html("\n"))


def card_grid(cards: Sequence[Html], class_: str) -> Html:
    """Return the cards; of more than ``MAX_OPEN_CARDS``, all but the first are collapsed."""
    shown = FIRST_CARDS if len(cards) > MAX_OPEN_CARDS else len(cards)
    grid = tag("div", *cards[:shown], class_=class_)
    if not (rest := cards[shown:]):
        return grid
    return join(grid, collapsed(f"Show {len(rest)} more", tag("div", *rest, class_=class_)))


def collapsed(summary: str, *content: str) -> Html:
    """Return content that a click on the summary, or a link into it, shows."""
    return tag("details", tag("summary", summary), *content)


def run_section(rows: Sequence[tuple[str, str | Origin]], made: str) -> Html:
    """Return a table of the origins, other facts, date and versions. made: ISO 8601."""
    by = ", ".join(f"{name} {version}" for name, version in versions().items())
    all_rows = (*rows, ("made", tag("time", made, datetime=made)), ("by", by))
    lines = (
        tag("tr", tag("th", name, scope="row"), tag("td", _origin(value)))
        for name, value in all_rows
    )
    return section("run", "What was run", "", tag("table", tag("tbody", *lines), class_="facts"))


def _origin(value: str | Origin) -> str:
    if isinstance(value, str):
        return value
    name = f"{value.name}, in place of the default" if value.fallback else value.name
    return join(name, tag("span", breakable(value.source)), tag("code", value.sha256))


def document(title: str, top: Html, *sections: Html) -> str:
    """Return a whole report. Its Content-Security-Policy forbids scripts and connections."""
    style = _STYLE.read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        # In the first bytes, where ``write_atomic`` looks for it before it overwrites a report.
        Html(PAGE_MARKER.decode()),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    found = _SECTION.findall(join(*sections))
    links = (tag("li", tag("a", Html(name), href=f"#{anchor}")) for anchor, name in found)
    contents = tag("nav", tag("ul", *links), aria_label="Contents")
    body = tag("body", Html("\n"), tag("main", top, contents, *sections), Html("\n"))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def policy(style: str, script: str | None = None) -> str:
    """Return a Content-Security-Policy that allows one style, one script and data URIs."""
    script_source = "" if script is None else f"script-src {_hash(script)}; "
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; {script_source}"
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
