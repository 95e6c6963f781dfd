"""A venue's REST interface on a local port, of what a test says."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit


class Answer(NamedTuple):
    told: Any  # JSON
    status: int = 200
    headers: Mapping[str, str] = {}


Responder = Callable[[str, dict[str, str], Mapping[str, str]], Answer]


@contextmanager
def answering(respond: Responder) -> Iterator[str]:
    """Where it is found, as a stream's address: `respond` is given path, query and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            answer = respond(unquote(address.path), dict(parse_qsl(address.query)), self.headers)  # type: ignore[arg-type]
            body = json.dumps(answer.told).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
