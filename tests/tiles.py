"""Map tiles without a network: a server on loopback that answers every address with the same pale square."""

import atexit
import struct
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SIDE = 256
PALE_GREEN = bytes((226, 236, 220))


def png(side: int, colour: bytes) -> bytes:
    """Return a square PNG of one RGB colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * side) * side
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


TILE = png(SIDE, PALE_GREEN)


class TileHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(TILE)))
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(TILE)

    def log_message(self, *arguments):
        pass


# The port is taken at once, because the settings name it; answers begin with the first browser test.
server = ThreadingHTTPServer(("127.0.0.1", 0), TileHandler)
atexit.register(server.server_close)
TILES_ORIGIN = f"http://127.0.0.1:{server.server_port}"
TILES_URL = f"{TILES_ORIGIN}/{{z}}/{{x}}/{{y}}.png"
