"""How static files are named, joined and compressed: hashed names, module imports included; styles in one file."""

import re
from posixpath import dirname, join

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r"""^@import url\("/static/css/([\w.]+)"\)(?: (\w+))?;$""", re.MULTILINE)


class Joined:
    """Where a style of ours is read with the styles that it imports in their place: one file less to wait for, each."""

    def __init__(self, storage):
        self.storage = storage

    def open(self, path: str) -> ContentFile:
        def imported(line: re.Match) -> str:
            name, medium = line.groups()
            text = self.read(join(dirname(path), name))
            return f"@media {medium} {{\n{text}}}" if medium else text

        return ContentFile(IMPORT.sub(imported, self.read(path)).encode())

    def read(self, path: str) -> str:
        with self.storage.open(path) as file:
            return file.read().decode()


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    # Without it `import … from "./map.js";` keeps the plain name, which caches may serve from an older release.
    support_js_module_import_aggregation = True
    # A library's broken source-map comment must not stop an installation; a missing name in a template still raises.
    keep_intermediate_files = False

    def post_process(self, paths, dry_run=False, **options):
        ours = {
            name: (Joined(storage), path)
            for name, (storage, path) in paths.items()
            if name.startswith("css/") and name.endswith(".css")
        }
        yield from super().post_process(paths | ours, dry_run, **options)
