"""A fresh machine: what is installed is known and locked, what is served starts, stops and refuses as it should."""

import ast
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import Context, Origin, Template
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from places.models import DataVersion, Place, Territory
from tests.production import ROOT, environment, run

LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-options.lock"]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
DECLARED = tomllib.loads(PYPROJECT)
DEPENDENCIES = [Requirement(line) for line in DECLARED["project"]["dependencies"]]
OPTIONS = [Requirement(line) for extra in DECLARED["project"]["optional-dependencies"].values() for line in extra]
TEST_DEPENDENCIES = [Requirement(line) for line in DECLARED["dependency-groups"]["test"]]


def locked(lock: str) -> dict[str, list[dict]]:
    """Return the releases that a lock gives for each package: version and hashes."""
    packages = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8")):
        if entry.lstrip().startswith("#") or not entry.strip():
            continue
        requirement = Requirement(entry.split("\\")[0])
        (pin,) = requirement.specifier
        release = {"operator": pin.operator, "version": pin.version, "hashes": re.findall(r"--hash=(\S+)", entry)}
        packages.setdefault(canonicalize_name(requirement.name), []).append(release)
    return packages


# --- packages


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_every_package_with_its_hashes(lock):
    releases = [release for releases in locked(lock).values() for release in releases]

    assert {release["operator"] for release in releases} == {"=="}
    assert all(release["hashes"] for release in releases)
    assert {hash.partition(":")[0] for release in releases for hash in release["hashes"]} == {"sha256"}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_says_nothing_of_where_packages_come_from(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"://|^\s*--(?!hash=)\S+|^\s*-[a-z]\b|\bfile:", text, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("lock", "dependencies"),
    [(LOCKS[0], DEPENDENCIES), (LOCKS[1], DEPENDENCIES + TEST_DEPENDENCIES), (LOCKS[2], OPTIONS)],
    ids=LOCKS,
)
def test_lock_keeps_every_dependency_in_its_range(lock, dependencies):
    packages = locked(lock)

    out_of_range = [
        (str(dependency), [release["version"] for release in packages.get(canonicalize_name(dependency.name), [])])
        for dependency in dependencies
        if not packages.get(canonicalize_name(dependency.name))
        or not all(dependency.specifier.contains(r["version"]) for r in packages[canonicalize_name(dependency.name)])
    ]

    assert out_of_range == []


def test_tests_run_on_the_releases_that_are_served():
    served, tested = locked("requirements.lock"), locked("requirements-test.lock")

    assert {name: tested.get(name) for name in served} == served


def test_option_brings_no_other_release_of_what_is_served():
    served, optional = locked("requirements.lock"), locked("requirements-options.lock")

    assert {name: optional[name] for name in optional if name in served and optional[name] != served[name]} == {}


def test_each_dependency_is_preceded_by_its_reason():
    lines = [line.strip() for line in PYPROJECT.splitlines()]

    unexplained = [
        str(dependency)
        for dependency in DEPENDENCIES + TEST_DEPENDENCIES
        for number, line in enumerate(lines)
        if line.strip('",').startswith(dependency.name) and not lines[number - 1].startswith("# ")
    ]

    assert unexplained == []


def test_no_file_of_somebody_else_is_among_the_static_files():
    """Leaflet and all that is not ours comes with a package, where its version is known."""
    banner = re.compile(r"/\*!|@license|@preserve|sourceMappingURL|\(c\) ?\d{4}|©", re.IGNORECASE)

    foreign = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "static").rglob("*")
        if path.is_file()
        and (
            ".min." in path.name
            or (path.suffix in {".js", ".css"} and banner.search(path.read_text(encoding="utf-8")))
            or path.suffix not in {".js", ".css", ".svg", ".png", ".ico", ".webmanifest"}
        )
    ]

    assert foreign == []


# --- settings


def test_example_of_settings_names_each_variable_that_is_read():
    sources = [ROOT / "roubaix_map" / "settings.py", ROOT / "deploy" / "gunicorn.conf.py"]
    given_to_the_command = {"HOST", "PORT"}

    read = {
        call.args[0].value
        for source in sources
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).startswith("env.")
        and isinstance(call.args[0], ast.Constant)
    }

    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)) == sorted(read - given_to_the_command)


def test_line_of_env_that_is_no_setting_is_refused_by_its_number(tmp_path):
    (tmp_path / ".env").write_text("# réglages\nHTTPS=non\nSITE NAME\n", encoding="utf-8")
    code = f"from pathlib import Path; from roubaix_map import env; env.load_file(Path({str(tmp_path / '.env')!r}))"

    result = run(environment(tmp_path), "-c", code)

    assert result.stderr.splitlines()[-1].endswith(".env, ligne 3 : « NOM=valeur » attendu, « SITE NAME » trouvé.")


def test_deployment_check_has_nothing_to_say(tmp_path):
    env = environment(tmp_path)
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE")  # the tests' own

    result = run(env, "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (result.returncode, result.stderr) == (0, "")


def test_commands_work_where_gdal_cannot_be_found(tmp_path):
    """Django's geographic parts need a library that no machine is asked to have."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\n"
        "find_library = ctypes.util.find_library\n"
        "ctypes.util.find_library = lambda name: None if 'gdal' in name.lower() else find_library(name)\n",
        encoding="utf-8",
    )
    env = environment(tmp_path, PYTHONPATH=str(tmp_path))

    gdal = run(env, "-c", "import django.contrib.gis.gdal")
    check = run(env, "manage.py", "check")

    assert "Could not find the GDAL library" in gdal.stderr
    assert (check.returncode, check.stdout) == (0, "System check identified no issues (0 silenced).\n")


def test_demonstration_is_loaded_once(db, capsys):
    call_command("load_demo")
    first = (Place.objects.count(), Territory.objects.count(), DataVersion.objects.current())
    call_command("load_demo")

    assert capsys.readouterr().out == f"Démonstration chargée : {first[0]} lieux, {first[1]} territoires.\n"
    assert (Place.objects.count(), Territory.objects.count(), DataVersion.objects.current()) == first


# --- the tests themselves


def test_unknown_variable_fails_a_test_when_the_template_is_ours():
    ours, others = (
        Template("{{ nobody.gave|default:'blank' }}", origin=Origin(name=str(folder / "page.html")))
        for folder in (ROOT / "templates", ROOT / ".venv")
    )

    with pytest.raises(pytest.fail.Exception, match=r"page\.html : variable inconnue « nobody\.gave"):
        ours.render(Context())
    assert others.render(Context()) == "blank"


# --- the server


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("PORT", "70000"), ("WEB_CONCURRENCY", "0"), ("WEB_THREADS", "beaucoup")]
)
def test_server_refuses_nonsense_by_its_name(tmp_path, name, value):
    env = environment(tmp_path, **{name: value})

    result = run(env, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--check-config", "roubaix_map.wsgi")

    assert result.stderr.splitlines()[-1].startswith(
        f"django.core.exceptions.ImproperlyConfigured: {name} : un nombre entier"
    )


def test_request_under_way_is_answered_when_the_server_stops(tmp_path):
    """Asked to stop, as by an update of the site, the server finishes what it has begun."""
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "def application(environ, start_response):\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(1)\n"
        "    start_response('200 OK', [('Content-Length', '4')])\n"
        "    return [b'fini']\n",
        encoding="utf-8",
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "--pythonpath", str(tmp_path)),
                *("--bind", f"fd://{listener.fileno()}", "slow"),
            ],
            cwd=ROOT,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            text=True,
        )
        with server, socket.create_connection(address, timeout=30) as visitor:
            visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            begun = server.stdout.readline()
            server.terminate()
            answer = visitor.makefile("rb").read()

    assert (begun, answer.splitlines()[-1], server.returncode) == ("begun\n", b"fini", 0)


# --- the scripts


@pytest.fixture
def bare_project(tmp_path) -> Path:
    """Copy what `bin/install` needs, with a lock that asks for nothing."""
    shutil.copytree(ROOT / "bin", tmp_path / "project" / "bin")
    (tmp_path / "project" / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
    return tmp_path / "project"


def install(project: Path, path: Path | None = None) -> subprocess.CompletedProcess:
    """Run `bin/install`, with `path` first on PATH."""
    base = Path(sys.base_prefix) / "bin"
    env = {"PATH": ":".join(map(str, filter(None, [path, base, "/usr/bin", "/bin"]))), "HOME": str(project)}
    return subprocess.run(
        ["bash", "bin/install", "requirements.lock"], cwd=project, env=env, capture_output=True, text=True, timeout=120
    )


def fake_python(folder: Path, script: str) -> Path:
    folder.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def test_python_that_is_too_old_is_refused_in_one_sentence(bare_project, tmp_path):
    result = install(bare_project, fake_python(tmp_path / "old", "exit 1"))

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "Python 3.11 ou plus récent est nécessaire et n’a pas été trouvé.\n"


def test_environment_that_was_left_unfinished_is_made_again(bare_project):
    left = bare_project / ".venv" / "left-behind"
    left.parent.mkdir()
    left.touch()

    first, second = install(bare_project), install(bare_project)

    assert (first.returncode, first.stderr, left.exists()) == (0, "", False)
    assert (second.returncode, second.stdout) == (0, "")
