"""What we ship has a licence that we accept; a secret and a fault would be found; who cannot be asked is said so."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests import supply


def test_every_package_has_a_licence_that_we_accept():
    licences = {name: supply.licence_of(name) for name in supply.shipped()}

    assert {name: licence for name, licence in licences.items() if not supply.ACCEPTED.search(licence)} == {}


def test_licence_that_would_bind_ours_or_is_unknown_is_not_accepted():
    assert [said for said in ("AGPL-3.0", "GPL-3.0-only", "Proprietary", "") if supply.ACCEPTED.search(said)] == []


def test_bill_of_materials_names_every_package_with_its_hashes_and_licence(tmp_path):
    supply.bill_of_materials(tmp_path / "sbom.json")

    bill = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    named = {component["name"]: component for component in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
    assert {*named} == {*supply.shipped()}
    assert {component["version"] for component in named.values()} >= {*supply.shipped().values()}
    assert named["django"]["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert named["django"]["externalReferences"][0]["hashes"][0]["alg"] == "SHA-256"


def test_secret_that_is_written_down_is_found(tmp_path):
    file = tmp_path / "settings.py"
    file.write_text(
        'AWS = "AKIA' + 'IOSFODNN7ABCDEFG"\nKEY = """-----BEGIN RSA ' + 'PRIVATE KEY-----"""\nA = "nothing"\n'
    )

    found = supply.secrets([file])

    assert sorted(line.partition(" ")[2] for line in found) == ["AWS Access Key", "Private Key"]


def test_known_fault_of_a_package_is_told(tmp_path):
    fault = {"id": "PYSEC-2026-1", "modified": "2026-01-01T00:00:00Z", "affected": [], "summary": "", "details": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": [fault]} if asked["package"]["name"] == "django" else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        service = ("--vulnerability-service=osv", f"--osv-url=http://127.0.0.1:{server.server_port}/v1/query")
        found = supply.faults(tmp_path / "faults.json", supply.LOCK, *service)
        server.shutdown()
        thread.join()

    assert found == [f"django {supply.shipped()['django']} : PYSEC-2026-1"]


def test_nobody_to_ask_about_faults_is_none_and_not_no_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(supply, "ASKED_FOR", 0.01)

    assert supply.faults(tmp_path / "faults.json") is None
