"""A real browser without a window, told what to do over its debugging pipe. Tests skip where there is none."""

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60.0
"""How long to wait for an answer, in s."""

ON_PIPES = (
    "import fcntl, os, sys\n"
    "read, write = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])\n"
    "os.dup2(read, 3), os.dup2(write, 4)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)
"""Starts a program that reads what it is told from file 3 and answers on file 4."""


class Refused(Exception):
    """What the browser says of a command that it couldn't do."""


class Page:
    """A tab. Its events are kept in the order in which they came."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Does one command of the protocol and gives its answer."""
        return self._browser.do(method, parameters, self._session)

    def go(self, url: str, ready: str = "document.readyState === 'complete'") -> None:
        """Goes to an address and waits until an expression holds there."""
        self.do("Page.navigate", url=url)
        self.until(ready)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.do("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self._holds(condition):
            assert time.monotonic() < end, f"never came true: {condition}"
            time.sleep(0.02)

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.run(f"document.documentElement && ({condition})"))
        except Refused:  # between two pages there is nowhere to ask
            return False

    def settled(self) -> None:
        """Waits until what was asked for is painted, and glides have ended."""
        frame = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        self.run(f"new Promise(done => setTimeout(done, 260)).then(() => {frame})")

    def size(self, width: int, height: int, scale: float = 1) -> None:
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def media(self, **features: str) -> None:
        """Makes media features be what they say, as prefers_color_scheme="dark"."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.do("Emulation.setEmulatedMedia", features=named)

    def key(self, key: str, text: str = "", modifiers: int = 0) -> None:
        """Presses a key; `text` is what it writes."""
        letter = text or (key if len(key) == 1 else "")
        said: dict[str, Any] = {"key": key, "modifiers": modifiers}
        if key == "Enter":
            said |= {"code": "Enter", "windowsVirtualKeyCode": 13}
            letter = "\r"
        self.do("Input.dispatchKeyEvent", type="keyDown", text=letter, **said)
        self.do("Input.dispatchKeyEvent", type="keyUp", **said)

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x: float, y: float, count: int = 1) -> None:
        self.mouse("mouseMoved", x, y)
        for number in range(1, count + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.mouse(kind, x, y, button="left", clickCount=number, buttons=1)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"]))

    def events(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all events of a kind so far."""
        self.run("0")
        return [event["params"] for event in self._browser.events(self._session) if event["method"] == method]

    def complaints(self) -> list[Any]:
        """Whatever the console was told that is no plain word: errors, warnings, refused requests."""
        spoken = [said for said in self.events("Runtime.consoleAPICalled") if said["type"] in ("error", "warning")]
        return spoken + self.events("Runtime.exceptionThrown") + self.events("Log.entryAdded")

    def requests(self) -> list[str]:
        """Whatever was fetched, each address cut to 100 characters."""
        return [event["request"]["url"][:100] for event in self.events("Network.requestWillBeSent")]


class Browser:
    """A running browser."""

    def __init__(self, program: str, profile: Path) -> None:
        told, tell = os.pipe()
        hear, said = os.pipe()
        options = [
            "--headless=new",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            "about:blank",
        ]
        command = [sys.executable, "-c", ON_PIPES, str(told), str(said), program, *options]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, pass_fds=(told, said), **quiet)
        os.close(told)
        os.close(said)
        self._tell = open(tell, "wb", buffering=0)  # noqa: SIM115  # closed in `close`
        self._hear = open(hear, "rb")  # noqa: SIM115  # closed in `close`
        self._answers: Queue[dict[str, Any]] = Queue()
        self._events: deque[dict[str, Any]] = deque()
        self._last = 0
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        rest = b""
        while piece := self._hear.read1(1 << 16):
            *whole, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, whole):
                if "id" in message:
                    self._answers.put(message)
                else:
                    self._events.append(message)

    def do(self, method: str, parameters: dict[str, Any] | None = None, session: str = "") -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        self._tell.write(json.dumps(message).encode() + b"\0")
        while True:
            try:
                answer = self._answers.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError(f"the browser never answered to {method}") from None
            if answer["id"] == self._last:
                break
        if "error" in answer:
            raise Refused(f"{method}: {answer['error']['message']}")
        found: dict[str, Any] = answer["result"]
        return found

    def events(self, session: str) -> list[dict[str, Any]]:
        return [event for event in list(self._events) if event.get("sessionId") == session]

    @contextmanager
    def page(self, width: int = 1280, height: int = 800) -> Iterator[Page]:
        """A fresh tab, closed in the end."""
        target = self.do("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.do("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        page.size(width, height)
        try:
            yield page
        finally:
            self.do("Target.closeTarget", {"targetId": target})

    def close(self) -> None:
        try:
            self.do("Browser.close")
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._listener.join(PATIENCE)
            self._tell.close()
            self._hear.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    running = Browser(program, tmp_path_factory.mktemp("browser"))
    yield running
    running.close()
