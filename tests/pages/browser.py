"""A headless Chromium, driven through a pipe by the DevTools protocol; no package is needed.

https://chromedevtools.github.io/devtools-protocol/
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE_S = 30


@dataclass
class Browser:
    """One tab; ``requested`` and ``complaints`` fill while pages are looked at."""

    commands: int
    answers: int
    session: str = ""
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _rest: bytes = b""
    _count: int = 0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; what happens meanwhile is noted."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            self._note(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def show(self, path: Path, width: int = 1280, dark: bool = False) -> None:
        """Open a file in a window of that width and wait until it is there."""
        self.requested.clear()
        self.complaints.clear()
        phone = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=844 if phone else 900, deviceScaleFactor=1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=path.as_uri())
        self._wait_until_loaded()

    def leave_and_return(self) -> None:
        """Go to an empty page and back."""
        self.call("Page.navigate", url="about:blank")
        self._wait_until_loaded()
        history = self.call("Page.getNavigationHistory")
        before = history["entries"][history["currentIndex"] - 1]
        # A script that leaves its own page may be gone before it has answered.
        self.call("Page.navigateToHistoryEntry", entryId=before["id"])
        self._wait_until_loaded()

    def run(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what comes of it."""
        done = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def _wait_until_loaded(self) -> None:
        while (event := self._next()).get("method") != "Page.loadEventFired":
            self._note(event)

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(event["params"]["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(event["params"]["entry"]["text"])
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" as kind:
                self.complaints.append(kind)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            assert select([self.answers], [], [], PATIENCE_S)[0], "the browser is silent"
            data = os.read(self.answers, 2**20)
            assert data, "the browser has gone"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A running browser that keeps what it stores in ``folder``."""
    assert CHROMIUM
    here, commands = os.pipe()
    answers, there = os.pipe()
    options = (
        "--headless --no-sandbox --disable-gpu --no-first-run --hide-scrollbars "
        f"--disable-dev-shm-usage --remote-debugging-pipe --user-data-dir={folder} about:blank"
    )
    # The protocol is spoken on the descriptors 3 and 4.
    script = f'exec 3<&{here} 4>&{there}; exec "$0" {options}'
    with subprocess.Popen(
        ["/bin/bash", "-c", script, CHROMIUM],
        pass_fds=(here, there),
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(here)
        os.close(there)
        try:
            tab = Browser(commands, answers)
            target = tab.call("Target.createTarget", url="about:blank")["targetId"]
            tab.session = tab.call("Target.attachToTarget", targetId=target, flatten=True)[
                "sessionId"
            ]
            for domain in ("Page", "Network", "Log", "Runtime"):
                tab.call(f"{domain}.enable")
            yield tab
        finally:
            process.terminate()
            os.close(commands)
            os.close(answers)
