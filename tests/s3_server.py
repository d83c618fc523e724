"""A small store that speaks enough of S3 on loopback: put, get, list, delete, for one key that it knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY = "ACCESSKEYOFTHETESTS"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts, kept = urlsplit(self.path), self.server.kept
        path = unquote(parts.path)
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            code = b"<Error><Code>InvalidAccessKeyId</Code><Message>Unknown key</Message></Error>"
            self.answer(403, code)
        elif self.command == "PUT":
            kept[path] = body
            self.answer(200, ETag='"x"')
        elif self.command == "DELETE":
            kept.pop(path, None)
            self.answer(204)
        elif "list-type" in parts.query:
            bucket, prefix = path.strip("/"), parse_qs(parts.query).get("prefix", [""])[0]
            found = [key.removeprefix(f"/{bucket}/") for key in kept if key.startswith(f"/{bucket}/{prefix}")]
            keys = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in found)
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>"
            self.answer(200, text.encode(), Content_Type="application/xml")
        elif path in kept:
            self.answer(200, kept[path], ETag='"x"', Last_Modified="Tue, 01 Dec 2026 03:00:00 GMT")
        else:
            self.answer(404)

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815


@contextmanager
def running_store() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Give the address of the store, and what it keeps by path."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.kept = {}
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server.kept
        finally:
            server.shutdown()
            thread.join()
