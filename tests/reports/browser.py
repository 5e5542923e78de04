"""A headless Chromium, driven through a pipe by the DevTools protocol, without packages.

https://chromedevtools.github.io/devtools-protocol/
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from select import select
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --hide-scrollbars "
    "--disable-dev-shm-usage --remote-debugging-pipe"
)
TIMEOUT_S = 120
AXE = "axe.run().then(found => found.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"


class Browser:
    """A tab. requests: the URLs asked for; messages: what the console shows."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers, self._rest, self._count = commands, answers, b"", 0
        self._session: dict[str, str] = {}
        self.requests: list[str] = []
        self.messages: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its answer."""
        self._count += 1
        command = {"id": self._count, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        answer = self._wait_for("id", self._count)
        assert "error" not in answer, answer
        return answer["result"]

    def navigate(self, method: str, **parameters: Any) -> None:
        """Send a command that opens a page, and wait until that is loaded."""
        self.call(method, **parameters)
        self._wait_for("method", "Page.loadEventFired")

    def show(self, path: Path, width: int = 1280, dark: bool = False) -> None:
        """Open a file in a window of this width."""
        self.requests, self.messages = [], []
        self.resize(width, 844 if width < 600 else 900, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.navigate("Page.navigate", url=path.as_uri())

    def resize(self, width: int, height: int, scale: int = 1, mobile: bool = False) -> None:
        """Change the size of the window."""
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page, or of its promise."""
        how = {"returnByValue": True, "awaitPromise": True}
        done = self.call("Runtime.evaluate", expression=script, **how)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def wait(self) -> None:
        """Wait until the effects of the last event are on the screen: two frames."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def text(self, name: str) -> str:
        """Return the text of the element with this id."""
        return str(self.run(f"document.getElementById({name!r}).textContent"))

    def click(self, selector: str, index: int = 0) -> None:
        """Click one of the elements that match, and wait for the effects."""
        self.run(f"document.querySelectorAll({selector!r})[{index}].click()")
        self.wait()

    def box(self, selector: str) -> dict[str, float]:
        """Return left, top, width, height and so on of the first element that matches."""
        place = f"document.querySelector({selector!r}).getBoundingClientRect()"
        return dict(self.run(f"{place}.toJSON()"))

    def width(self) -> int:
        """Return the width of the page, which may be larger than the window's."""
        return int(self.run("document.documentElement.scrollWidth"))

    def check_quiet(self, page: Path) -> None:
        """Check that the page asked only for itself, and that the console is empty."""
        assert [url for url in self.requests if not url.startswith("data:")] == [page.as_uri()]
        assert self.messages == []

    def check_accessible(self) -> None:
        """Check that axe-core finds nothing; skip the test without it."""
        axe = resources.files(pytest.importorskip("axe_core_python")) / "axe.min.js"
        self.run(f"{axe.read_text(encoding='utf-8')}; 0")
        assert self.run(AXE) == []

    def _wait_for(self, key: str, value: object) -> dict[str, Any]:
        """Return the message with this value, and record the events before it."""
        while (message := self._next()).get(key) != value:
            match message.get("method"):
                case "Network.requestWillBeSent":
                    self.requests.append(message["params"]["request"]["url"])
                case "Log.entryAdded":
                    self.messages.append(message["params"]["entry"]["text"])
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" as kind:
                    self.messages.append(kind)
        return message

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            assert select([self._answers], [], [], TIMEOUT_S)[0], "the browser does not answer"
            self._rest += (data := os.read(self._answers, 2**20))
            assert data, "the browser has ended"
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def open_browser(folder: Path | str) -> Iterator[Browser]:
    """Start a browser that stores its files in ``folder``, and yield a tab."""
    assert CHROMIUM
    read_commands, commands = os.pipe()
    answers, write_answers = os.pipe()
    # The protocol uses the descriptors 3 and 4.
    pipes = f"3<&{read_commands} 4>&{write_answers}"
    script = f'exec {pipes}; exec "$0" {OPTIONS} --user-data-dir={folder} about:blank'
    command, ends = ["/bin/bash", "-c", script, CHROMIUM], (read_commands, write_answers)
    with subprocess.Popen(command, pass_fds=ends, stderr=subprocess.DEVNULL) as process:
        for end in ends:
            os.close(end)
        try:
            yield Browser(commands, answers)
        finally:
            process.terminate()
            os.close(commands)
            os.close(answers)
