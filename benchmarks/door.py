"""A browser that signs in, spoken by hand so that it costs little: one connection, its cookies, its forms. Standard library only.

It comes from an address of its own, as the front server tells it (X-Forwarded-For): throttles see many pharmacies.
"""

import http.client
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PARTS = ("sign-in page", "password", "code page", "code", "inbox")


@dataclass
class Browser:
    port: int
    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""

    def __post_init__(self) -> None:
        self._line = http.client.HTTPConnection("localhost", self.port, timeout=60)

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status, and where it leads."""
        headers = {
            "X-Forwarded-For": self.address,
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
        }
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode({"csrfmiddlewaretoken": _TOKEN.search(self.page)[1], **form})  # type: ignore[index]
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://localhost:{self.port}"}
        try:
            self._line.request("POST" if body is not None else "GET", path, body, headers)
            answer = self._line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return 0, ""  # nobody answered
        for told in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = told.partition(";")[0].partition("=")
            self.cookies[name] = value
        if "html" in (answer.getheader("Content-Type") or "") and text:
            self.page = text.decode()
        return answer.status, urlsplit(answer.getheader("Location") or "").path

    def sign_in(self, login: str, password: str, code: Callable[[], str]) -> dict[str, float]:
        """Seconds of each part, to the last byte; RuntimeError tells which one the door refused."""
        took, clock = {}, time.perf_counter()

        def done(part: str, answer: tuple[int, str], status: int) -> str:
            nonlocal clock
            if answer[0] != status:
                raise RuntimeError(f"{part}: {answer[0]}")
            took[part] = time.perf_counter() - clock
            return answer[1]

        done(PARTS[0], self.ask("/connexion/"), 200)
        clock = time.perf_counter()
        there = done(PARTS[1], self.ask("/connexion/", {"login": login, "password": password}), 302)
        clock = time.perf_counter()
        done(PARTS[2], self.ask(there), 200)
        given = code()  # the person reads it
        clock = time.perf_counter()
        answer = self.ask(there, {"code": given})
        there = done(PARTS[3], answer, 302)
        clock = time.perf_counter()
        while (answer := self.ask(there))[0] == 302:
            there = answer[1]
        done(PARTS[4], answer, 200)
        return took

    def close(self) -> None:
        self._line.close()


def paced(act: Callable[[int], float | None], per_second: int, seconds: int, threads: int) -> list[float | None]:
    """`act(n)` so often, each when its time has come whatever the others do; what each answered, in the order they ended."""
    told: list[float | None] = []
    turns, begun = iter(range(per_second * seconds)), time.perf_counter()
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None:
                return
            time.sleep(max(0.0, begun + turn / per_second - time.perf_counter()))
            told.append(act(turn))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return told
