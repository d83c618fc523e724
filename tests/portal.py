"""A data portal on loopback, from which sources are read: what it answers, and what it was asked."""

import http.server
import threading

from tests.imports import ROW, as_csv


class Portal:
    """A data portal on loopback: what it answers, and what it was asked."""

    def __init__(self):
        self.body = as_csv(ROW)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.length: int | None = None
        self.asked: list[dict[str, str]] = []
        portal = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                portal.asked.append(dict(self.headers))
                known = self.headers.get("If-None-Match")
                status = 304 if known and known == portal.headers.get("ETag") else portal.status
                body = b"" if status == 304 else portal.body
                self.send_response(status)
                for name, value in portal.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if portal.length is None else portal.length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/lieux.csv"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
