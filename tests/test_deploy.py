"""deploy/ as it is written: a real nginx before a real gunicorn, units that systemd reads, an image that is small."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from places import preflight
from tests.production import ROOT

DEPLOY = ROOT / "deploy"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


# --- systemd
@pytest.fixture
def units(tmp_path) -> Path:
    """Return a machine's root that holds our units, those of systemd, and the programs they start."""
    folder = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(DEPLOY / "systemd", folder)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    for program in ("srv/carte/.venv/bin/python", "bin/kill"):
        (tmp_path / program).parent.mkdir(parents=True)
        shutil.copy("/bin/true", tmp_path / program)
    return tmp_path


def analyzed(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")


@needs_systemd
def test_units_are_what_systemd_expects_and_leave_little_to_who_would_break_in(units):
    folder = units / "etc" / "systemd" / "system"
    names = [folder / name for name in ("carte-web.service", *(path.name for path in folder.glob("*.timer")))]
    found = analyzed("verify", f"--root={units}", *names)
    exposure = {
        name: analyzed("security", "--offline=true", "--threshold=20", f"--root={units}", name).returncode
        for name in ("carte-web.service", "carte-command@backup.service")
    }
    (folder / "carte-web.service").write_text("[Service]\nExecStart=/nowhere\nType=whenever\n")
    broken = analyzed("verify", f"--root={units}", folder / "carte-web.service")

    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    assert exposure == dict.fromkeys(exposure, 0)
    assert (broken.returncode, "whenever" in broken.stderr) == (1, True)


def test_every_timer_starts_a_command_that_exists_and_is_watched():
    timers = {path.stem.removeprefix("carte-"): path.read_text() for path in (DEPLOY / "systemd").glob("*.timer")}
    started = {name: re.search(r"^Unit=carte-command@(\w+)\.service$", text, re.M)[1] for name, text in timers.items()}
    commands = {path.stem for path in (ROOT / "places/management/commands").glob("[a-z]*.py")} | {"clearsessions"}

    assert (
        {name.replace("-", "_") for name in started}
        == {*started.values()}
        == {*preflight.CHORES}
        | {
            "backup",
            "clearsessions",
        }
    )
    assert {*started.values()} <= commands
    assert all("Persistent=yes" in text for text in timers.values())


# --- settings, containers
def known_settings() -> set[str]:
    return {*re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)}


def test_settings_of_a_site_are_settings_and_hold_no_secret():
    text = (DEPLOY / "carte.env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert {*given} <= known_settings()
    assert [given[name] for name in ("SECRET_KEY", "EMAIL_HOST_PASSWORD", "BACKUP_KEY")] == ["", "", ""]


def test_image_is_pinned_small_and_runs_without_privilege():
    """Read, not built: no container engine runs in the tests."""
    lines = [line for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines() if line[:1].isupper()]
    steps = [(line.split()[0], line.partition(" ")[2]) for line in lines]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    bases = [words for step, words in steps if step == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim-[a-z]+( AS packages)?", base) for base in bases)
    assert [words for step, words in steps if step == "USER"] == ["10001"]
    assert [step for step, _words in steps][-2:] == ["HEALTHCHECK", "CMD"]
    assert "--require-hashes" in (DEPLOY / "Dockerfile").read_text()
    assert [words for step, words in steps if step in ("ARG", "ENV") and re.search("SECRET|PASSWORD|KEY", words)] == []
    assert {".git", ".env", "var", ".venv", "tests", "deploy/.env", "deploy/carte.env"} <= {*ignored}


def test_composition_opens_nginx_alone_and_writes_nowhere_but_its_volumes():
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = composed["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert all(service["read_only"] for service in services.values())
    assert all(service["security_opt"] == ["no-new-privileges:true"] for service in services.values())
    assert all(not service["image"].endswith("latest") and service["image"] for service in services.values())
    volumes = {mount.split(":")[0] for service in services.values() for mount in service.get("volumes", ())}
    assert {volume for volume in volumes if not volume.startswith("./")} == {*composed["volumes"]}
    mounted = {volume for volume in volumes if volume.startswith("./")}
    assert {volume for volume in mounted if not (DEPLOY / volume).exists()} == {"./certificate"}
    depended = {name for service in services.values() for name in service.get("depends_on", ())}
    assert depended <= {*services}
    assert json.dumps(composed).count("DATABASE_PASSWORD:?") >= 2
