"""Static files as they are served: named by their content, compressed, complete, and ours alone."""

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import brotli
import pytest
from django.contrib.staticfiles import finders

from places.templatetags.places import MAP_MODULES
from tests.addresses import PUBLIC
from tests.production import ROOT, environment, installation, serving

SOURCES = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
MODULES = [path.name for path in SOURCES if path.suffix == ".js"]
PLAIN_TEXT = {".css", ".js", ".svg", ".json", ".txt", ".map"}
# `import … from "x"`, `export … from "x"`, `import "x"` and `import("x")`, however a person or a tool writes them.
IMPORT = re.compile(r"""\b(?:(?:import|export)\b[\w\s{},*$]*?\bfrom|import\b\s*\(?)\s*["']([^"']+)["']""")
CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")
# The names of XML vocabularies: identifiers, which nothing asks for.
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
DESK = ["/admin/login/", "/admin/", "/admin/places/place/", "/admin/places/place/add/", "/admin/places/term/"]


@pytest.fixture(scope="module")
def collected() -> Path:
    return installation() / "static"


@pytest.fixture(scope="module")
def manifest(collected) -> dict[str, str]:
    """Hashed name by plain name."""
    return json.loads((collected / "staticfiles.json").read_text(encoding="utf-8"))["paths"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    env = environment(installation(), BEHIND_PROXY="oui")
    with serving(env, tmp_path_factory.mktemp("log") / "server.log") as server:
        yield server


@pytest.fixture(scope="module")
def moderator(server):
    moderator = server.browser()
    assert moderator.sign_in().headers["Location"] == "/admin/"
    return moderator


def imports(code: str) -> list[str]:
    return IMPORT.findall(re.sub(r"//.*|/\*.*?\*/", "", code))


def addresses(style: str) -> list[str]:
    found = (address or imported for address, imported in CSS_ADDRESS.findall(style))
    return [address for address in found if not address.startswith(("data:", "#"))]


class Files(HTMLParser):
    """The static files that a page asks for, scripts' settings included."""

    def __init__(self, page: str):
        super().__init__()
        self.found = set(re.findall(r'"(/static/[^"#]+)', page))
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in {"src", "href"} and value and value.startswith("/static/"):
                self.found.add(urldefrag(value).url)


# --- what collecting makes
def test_every_file_of_ours_gets_a_name_of_its_content(manifest):
    ours = {path.relative_to(ROOT / "static").as_posix() for path in SOURCES}

    hashed = {name: manifest.get(name, "") for name in ours}

    assert {name for name, new in hashed.items() if not re.search(r"\.[0-9a-f]{12}\.\w+$", new)} == set()


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_its_neighbours_by_their_hashed_names(collected, manifest, module):
    """A plain name would bring, from a cache, the module of another release."""
    before = imports((ROOT / "static" / "js" / module).read_text(encoding="utf-8"))

    after = imports((collected / manifest[f"js/{module}"]).read_text(encoding="utf-8"))

    assert after == [f"./{Path(manifest[urljoin(f'js/{module}', name)]).name}" for name in before]
    assert [name for name in after if not (collected / "js" / name).is_file()] == []


def test_imports_are_recognised_however_they_are_written():
    code = """
        // import "./comment.js";
        import a, * as b from "./a.js"; import"./b.js";import{c}from'./c.js'
        export { d } from "./d.js"; export const word = "from"; await import("./e.js");
    """

    assert imports(code) == ["./a.js", "./b.js", "./c.js", "./d.js", "./e.js"]


def reached_from(entry: str, collected: Path, manifest: dict[str, str]) -> set[str]:
    """The hashed names of a module and of all that it imports, directly or not."""
    reached, waiting = set(), [manifest[entry]]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        found = {urljoin(name, other) for other in imports((collected / name).read_text(encoding="utf-8"))}
        waiting += found - reached
    return reached


def test_entries_of_the_public_pages_reach_every_module(collected, manifest):
    entries = "display map page form_page finding finding_place keep_offline offline".split()

    reached = set().union(*(reached_from(f"js/{entry}.js", collected, manifest) for entry in entries))

    assert reached == {manifest[f"js/{module}"] for module in MODULES}


def test_all_that_the_map_imports_is_asked_for_with_the_page(collected, manifest):
    """Otherwise a phone on a slow network waits once for each step of the imports."""
    reached = reached_from("js/map.js", collected, manifest)

    later = {manifest[f"js/{name}.js"] for name in ("card_panel", "layers", "layer_drawings", "transport_layers")}
    assert {manifest[name] for name in MAP_MODULES} == reached - {manifest["js/map.js"]} - later


def test_style_of_the_site_is_one_file_of_all_its_topics(collected, manifest):
    """Each file more on the way to the first paint is a wait more on a slow network."""
    source = (ROOT / "static/css/site.css").read_text(encoding="utf-8")
    topics = re.findall(r'@import url\("/static/css/(.+)"\)', source)

    joined = (collected / manifest["css/site.css"]).read_text(encoding="utf-8")

    texts = [(ROOT / "static/css" / topic).read_text(encoding="utf-8") for topic in topics]
    assert [text in joined for text in texts] == [True] * 7
    assert f"@media print {{\n{texts[topics.index('print.css')]}}}" in joined
    assert "@import" not in joined


def test_styles_name_only_hashed_files_that_exist(collected, manifest):
    named = {
        (style, urljoin(style, urldefrag(address).url))
        for plain, style in manifest.items()
        if plain.endswith(".css")
        for address in addresses((collected / style).read_text(encoding="utf-8"))
    }

    assert {(style, name) for style, name in named if name not in manifest.values()} == set()
    assert {(style, name) for style, name in named if not (collected / name).is_file()} == set()
    assert {style for style, _name in named} >= {manifest["leaflet/leaflet.css"], manifest["admin/css/base.css"]}


def test_text_is_compressed_twice_and_says_the_same(collected, manifest):
    different = []
    for name in {name for plain, name in manifest.items() if Path(plain).suffix in PLAIN_TEXT}:
        plain = (collected / name).read_bytes()
        packed = {".gz": gzip.decompress, ".br": brotli.decompress}
        for suffix, unpack in packed.items():
            file = collected / f"{name}{suffix}"
            # What would hardly shrink is left alone.
            if file.exists() and unpack(file.read_bytes()) != plain:
                different.append(file.name)
            if not file.exists() and len(plain) > 1_000:
                different.append(f"no {file.name}")

    assert different == []


@pytest.mark.parametrize("source", [path for path in SOURCES if path.suffix in {".js", ".css"}], ids=lambda p: p.name)
def test_script_or_style_of_ours_is_compressed(collected, manifest, source):
    name = manifest[source.relative_to(ROOT / "static").as_posix()]

    sizes = [(collected / f"{name}{suffix}").stat().st_size for suffix in ("", ".gz", ".br")]

    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("source", [path for path in SOURCES if path.suffix != ".png"], ids=lambda path: path.name)
def test_file_of_ours_names_no_other_origin(source):
    text = source.read_text(encoding="utf-8")

    named = set(re.findall(r"""\b(?:https?|wss?):[^\s"'`)<>]*|(?<=["'`(])//[\w.-]+""", text))

    assert named - NAMESPACES == set()


def test_style_of_a_library_that_pages_use_names_no_other_origin():
    text = Path(finders.find("leaflet/leaflet.css")).read_text(encoding="utf-8")

    assert {address for address in addresses(text) if urlsplit(address).netloc} == set()


# --- what is served
@pytest.mark.parametrize("path", [*PUBLIC, "/nulle-part/", *DESK])
def test_page_asks_for_hashed_files_that_exist(moderator, collected, manifest, path):
    answer = moderator.get(path)

    files = Files(answer.text).found if answer.headers.get_content_type() == "text/html" else set()

    names = {file.removeprefix("/static/") for file in files}
    assert names - set(manifest.values()) == set()
    assert {name for name in names if not (collected / name).is_file()} == set()
    assert names or answer.headers.get_content_type() != "text/html" or answer.status == 302


def test_list_asks_for_its_module_its_styles_and_its_drawings(server, manifest):
    files = Files(server.browser().get("/lieux/").text).found

    wanted = ["js/page.js", "leaflet/leaflet.js", "leaflet/leaflet.css", "img/families.svg", "img/icon.svg"]
    wanted += ["css/site.css"]
    assert {f"/static/{manifest[name]}" for name in wanted} <= files


def test_headers_of_the_list_ask_for_files_of_the_page(server):
    """Asked for before the page is read; a file that the page does not use would be a weight for nothing."""
    answer = server.browser().get("/lieux/?langues=arabe&page=2")

    early = re.findall(r"<([^>]+)>", answer.headers["Link"])

    assert len(early) == 4
    assert set(early) <= Files(answer.text).found


def test_first_result_of_the_three_questions_weighs_less_than_60_kb(server):
    """From the entrance to the first places: pages, style, script and drawings, compressed; no map."""
    visitor = server.browser()
    question = "?besoin=caf&point=50.69,3.18"
    steps = ["/trouver/", "/trouver/ou/?besoin=caf", f"/trouver/quand/{question}", f"/trouver/resultats/{question}"]

    pages = [visitor.get(step) for step in steps]
    compressed = [visitor.get(step, accept_encoding="gzip").body for step in steps]
    files = set().union(*(Files(page.text).found for page in pages))
    drawn = [visitor.get(file, accept_encoding="br").body for file in files]

    assert {page.status for page in pages} == {200}
    assert not [file for file in files if "leaflet" in file]
    assert sum(map(len, [*compressed, *drawn])) < 60_000


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("js/page.js", "text/javascript"),
        ("css/base.css", "text/css"),
        ("img/families.svg", "image/svg+xml"),
        ("leaflet/leaflet.js", "text/javascript"),
        ("admin/css/base.css", "text/css"),
    ],
)
def test_hashed_file_is_kept_for_ever(server, manifest, name, content_type):
    answer = server.browser().get(f"/static/{manifest[name]}")

    assert (answer.status, answer.headers.get_content_type()) == (200, content_type)
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"


def test_plain_name_is_kept_for_a_minute_only(server):
    answer = server.browser().get("/static/js/page.js")

    assert answer.headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize(("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None)])
def test_file_comes_compressed_as_the_browser_takes_it(server, collected, manifest, accepted, encoding):
    name = manifest["js/map.js"]

    answer = server.browser().get(f"/static/{name}", accept_encoding=accepted)

    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == (encoding, "Accept-Encoding")
    assert unpack(answer.body) == (collected / name).read_bytes()
