"""A small Redis on loopback that answers, is full, says nothing, or goes away."""

import socketserver
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Event, Thread


class RedisServer:
    """Keeps texts under their keys, without ever forgetting; `mode` is « well », « full » or « silent »."""

    def __init__(self, port: int = 0):
        self.kept: dict[bytes, bytes] = {}
        self.connections = []
        self.mode, self.asked, self.over = "well", 0, Event()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                outer.connections.append(self.connection)
                while line := self.rfile.readline():
                    command = [self.argument() for _ in range(int(line[1:]))]
                    outer.asked += 1
                    if outer.mode == "silent":
                        outer.over.wait(30)
                        return
                    self.wfile.write(outer.answer(*command))

            def argument(self) -> bytes:
                size = int(self.rfile.readline()[1:])
                return self.rfile.read(size + 2)[:-2]

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            block_on_close = False

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answer(self, verb: bytes, *arguments: bytes) -> bytes:
        verb = verb.upper()
        if verb in (b"SELECT", b"CLIENT", b"HELLO"):
            return b"+OK\r\n"
        if verb == b"GET":
            value = self.kept.get(arguments[0])
            return b"$-1\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)
        if verb == b"EXISTS":
            return b":%d\r\n" % (arguments[0] in self.kept)
        if verb == b"DEL":
            return b":%d\r\n" % (self.kept.pop(arguments[0], None) is not None)
        if verb == b"FLUSHDB":
            self.kept.clear()
            return b"+OK\r\n"
        if self.mode == "full":
            return b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"
        if verb == b"SET":
            if b"NX" in arguments and arguments[0] in self.kept:
                return b"$-1\r\n"
            self.kept[arguments[0]] = arguments[1]
            return b"+OK\r\n"
        if verb in (b"INCR", b"INCRBY"):
            self.kept[arguments[0]] = b"%d" % (int(self.kept.get(arguments[0], b"0")) + 1)
            return b":%s\r\n" % self.kept[arguments[0]]
        raise AssertionError(verb)

    def close(self) -> None:
        """Go away, for those who are connected too."""
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            with suppress(OSError):  # which left already
                connection.shutdown(SHUT_RDWR)
