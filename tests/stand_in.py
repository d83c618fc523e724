"""A stand-in for an application node: answers slowly, wrongly or not at all when told, and counts what reached it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class Node:
    """One node; `status` and `keep` are what it says, `open` lets it say it, `drops` hangs up instead."""

    def __init__(self):
        self.status, self.keep, self.text = 200, "no-store", "an answer"
        self.open, self.drops = Event(), False
        self.open.set()
        self.seen: list[str] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        node = self.server.node
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        node.seen.append(f"{self.command} {self.path}")
        node.open.wait(30)
        if node.drops:
            self.close_connection = True
            return
        body = node.text.encode()
        self.send_response(node.status)
        self.send_header("Cache-Control", node.keep)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 (http.server names them)

    def log_message(self, *args):
        pass


@contextmanager
def running() -> Iterator[tuple[Node, int]]:
    """Serve on a free port of loopback until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.node = True, Node()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.node, server.server_port
    finally:
        server.node.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
