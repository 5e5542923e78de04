"""One self-contained HTML page. What is not ``Html`` already is escaped when it is put in."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

from scratchnet_cli.system.origin import Origin, versions
from scratchnet_cli.system.text import printable

_STYLE = Path(__file__).with_name("page.css")


class Html(str):
    """Text that is HTML; every other string is text for people, whatever is in it."""

    __slots__ = ()


def tag(name: str, /, *content: str, **attributes: str | float) -> Html:
    """An element. Attributes are escaped; ``class_`` is ``class`` and ``_`` stands for ``-``."""
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(printable(str(value)))}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{head}>{joined(*content)}</{name}>")


def void(name: str, /, **attributes: str | float) -> Html:
    """An element that never has content, such as ``img``."""
    return Html(tag(name, **attributes).removesuffix(f"</{name}>"))


def joined(*content: str) -> Html:
    """The parts one after the other."""
    return Html(
        "".join(
            part if isinstance(part, Html) else escape(printable(part), quote=False)
            for part in content
        )
    )


def table(
    caption: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    class_: str = "figures",
) -> Html:
    """A table whose first column names its rows."""
    head = tag("tr", *(tag("th", name, scope="col") for name in header))
    body = (
        tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest))
        for first, *rest in rows
    )
    return tag(
        "table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_=class_
    )


def facts(rows: Sequence[tuple[str, str]]) -> Html:
    """A table of two columns, a name and its value."""
    lines = (tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in rows)
    return tag("table", tag("tbody", *lines), class_="facts")


def picture(source: str, alternative: str, class_: str, width: int = 28, height: int = 28) -> Html:
    """An ``img`` whose pixels stay as sharp as the network sees them."""
    return void("img", src=source, alt=alternative, class_=class_, width=width, height=height)


def captioned(content: str, *lines: str) -> Html:
    """A figure and the lines under it."""
    return tag("figure", content, tag("figcaption", joined(*lines)))


def header(kicker: str, heading: str, figures: Sequence[tuple[str, str]]) -> Html:
    """The top of the page: what it is about, and the figures that matter most, the first large."""
    items = (tag("li", name, tag("strong", value)) for name, value in figures)
    return tag("header", tag("p", kicker), tag("h1", heading), tag("ul", *items, class_="key"))


def section(anchor: str, heading: str, *content: str) -> Html:
    """A part of the page under a heading of its own."""
    return joined(tag("section", tag("h2", heading), *content, id=anchor), Html("\n"))


def document(title: str, *content: str) -> str:
    """The whole page; its policy lets a browser load nothing, run nothing and send nothing."""
    style = _STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        void("meta", charset="utf-8"),
        # By this a later run knows that it may replace the page.
        void("meta", name="generator", content="scratchnet"),
        void("meta", http_equiv="Content-Security-Policy", content=policy),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag("body", Html("\n"), tag("main", *content), Html("\n"))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


Row = tuple[str, str]


def origin_row(what: str, origin: Origin) -> Row:
    """Where weights or a dataset came from, with the hash that tells it from any other."""
    name = f"{origin.name}, in place of the default" if origin.fallback else origin.name
    return what, joined(name, tag("span", origin.source), tag("code", origin.sha256))


def made_rows(made: str) -> tuple[Row, ...]:
    """When the page was made, and the versions at work. made: ISO 8601."""
    by = ", ".join(f"{name} {version}" for name, version in versions().items())
    return ("made", tag("time", made, datetime=made)), ("by", by)
