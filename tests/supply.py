"""`python -m tests.supply FOLDER`: what is shipped, and whether it is safe: materials, licences, secrets, faults.

The first three need nobody; who knows of faults is asked over the network, and it is said when nobody could be.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from tests.production import ROOT

LOCK = ROOT / "requirements.lock"
ASKED_FOR = 120  # seconds in all: the tests run meanwhile
# Free, and of no consequence for our own licence when a package is used as it is.
ACCEPTED = re.compile(
    r"MIT|BSD|Apache|MPL|Mozilla|PSF|Python Software Foundation|Unlicense|LGPL|Lesser General|Zlib|CC0|0BSD",
    re.IGNORECASE,
)
# Those that say it in a file alone; only for Windows, the one that is not installed here.
SAID_ELSEWHERE = {"pyrage": "MIT", "colorama": "BSD-3-Clause"}
DETECTORS = (
    "Artifactory AWSKey AzureStorageKey BasicAuth GitHubToken GitLabToken JwtToken Mailchimp Npm OpenAI PrivateKey "
    "PypiToken SendGrid Slack Stripe TwilioKey"
).split()
EXAMPLES = {"sesame", "secret", "mot-de-passe", "key"}  # the passwords of tests and of examples


def shipped() -> dict[str, str]:
    """Return the packages that a site runs on, with their release."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([\w.]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))


def licence_of(package: str) -> str:
    """Return what a package says of its licence, blank when it says nothing."""
    try:
        said = metadata(package)
    except PackageNotFoundError:
        return SAID_ELSEWHERE.get(package, "")
    classified = [line.split(" :: ")[-1] for line in said.get_all("Classifier", []) if line.startswith("License")]
    short = (said.get("License") or "").strip().partition("\n")[0]
    return said.get("License-Expression") or short or " ; ".join(classified) or SAID_ELSEWHERE.get(package, "")


def bill_of_materials(target: Path) -> None:
    """Write the packages, their hashes and their licences as CycloneDX."""
    command = ["cyclonedx-py", "requirements", str(LOCK), "--output-file", str(target)]
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *command[1:]], check=True, capture_output=True)
    bill = json.loads(target.read_text(encoding="utf-8"))
    for component in bill["components"]:
        component["licenses"] = [{"license": {"name": licence_of(component["name"])}}]
        component.pop("description", None)
    target.write_text(json.dumps(bill, ensure_ascii=False, indent=1), encoding="utf-8")


def secrets(files: list[Path]) -> list[str]:
    """Return where a key or a password of a known form is written."""
    found = SecretsCollection()
    with transient_settings({"plugins_used": [{"name": f"{name}Detector"} for name in DETECTORS]}):
        for file in files:
            found.scan_file(str(file))
    return [f"{file}:{one.line_number} {one.type}" for file, one in found if one.secret_value not in EXAMPLES]


def faults(target: Path, lock: Path = LOCK, *options: str) -> list[str] | None:
    """Return the known faults of the packages, None when somebody could not be asked about each of them."""
    target.unlink(missing_ok=True)
    command = [
        "--requirement",
        str(lock),
        "--disable-pip",
        "--require-hashes",
        "--format=json",
        f"--output={target}",
        *options,
    ]
    try:
        subprocess.run(
            [sys.executable, "-m", "pip_audit", *command, "--progress-spinner=off", "--timeout=5"],
            check=False,
            capture_output=True,
            timeout=ASKED_FOR,
        )
        found = json.loads(target.read_text(encoding="utf-8"))["dependencies"]
    except (subprocess.TimeoutExpired, OSError, ValueError, KeyError):
        return None
    if any("skip_reason" in package for package in found):
        return None
    return [
        f"{package['name']} {package['version']} : {fault['id']}" for package in found for fault in package["vulns"]
    ]


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    bill_of_materials(folder / "sbom.json")
    licences = {name: licence_of(name) for name in shipped()}
    lines = [f"{name} {release} : {licences[name]}" for name, release in shipped().items()]
    (folder / "licences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split(
        "\n"
    )
    leaked = secrets([Path(name) for name in tracked if name and (ROOT / name).is_file()])
    unknown = [name for name, licence in licences.items() if not ACCEPTED.search(licence)]
    faulty = faults(folder / "faults.json")
    said = [f"Paquets livrés : {len(lines)} ; nomenclature et licences dans {folder}."]
    said += [f"Licence à examiner : {name} ({licences[name] or 'aucune'})" for name in unknown]
    said += [f"Secret dans le code : {place}" for place in leaked]
    if faulty is None:
        said.append("Failles connues : personne n’a pu être interrogé, rien n’est vérifié.")
    else:
        said += [f"Faille connue : {fault}" for fault in faulty] or ["Failles connues : aucune."]
    sys.stdout.write("\n".join(said) + "\n")
    return 1 if unknown or leaked or faulty else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
