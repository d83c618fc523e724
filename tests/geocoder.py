"""The national geocoder without a network: a server on loopback that answers as a test wants, well or badly."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def feature(name: str, latitude: float, longitude: float, **properties) -> dict:
    """Return an answer in the form of data.geopf.fr."""
    given = {"name": name, "city": "Roubaix", "postcode": "59100", "type": "housenumber", "score": 0.9} | properties
    given["label"] = f"{given['name']} {given['postcode']} {given['city']}"
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": given,
    }


class Geocoder(ThreadingHTTPServer):
    """`features` are answered to everything; `bytes` replace them, after `delay` seconds, with `status`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/geocodage"
        self.features: list[dict] = []
        self.bytes: bytes | None = None
        self.status = 200
        self.delay = 0.0
        self.drip = False
        self.location = ""
        self.asked: list[dict[str, str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # who asked did not wait


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        address = urlsplit(self.path)
        server.asked.append({name: values[0] for name, values in parse_qs(address.query).items()})
        time.sleep(server.delay)
        body = server.bytes
        if body is None:
            body = json.dumps({"type": "FeatureCollection", "features": server.features}).encode()
        self.send_response(server.status)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for start in range(0, len(body), 1 if server.drip else len(body) or 1):
            self.wfile.write(body[start : start + (1 if server.drip else len(body))])
            if server.drip:
                time.sleep(0.3)

    def log_message(self, *arguments):
        pass
