"""Redis, which only holds what can be computed again."""

import shutil
import socket

from cluster.engine import Engine


class Server(Engine):
    def command(self):
        program = shutil.which("redis-server")
        return [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", "--dir", str(self.folder)]  # fmt: skip

    def tell(self, *words: str | int) -> str:
        """Send one command and return the first line of the answer."""
        parts = [str(word).encode() for word in words]
        sent = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(sent)
            return connection.recv(4096).split(b"\r\n")[0].decode()
