"""How static files are named and compressed: hashed names, module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    # Without it `import … from "./map.js";` keeps the plain name, which caches may serve from an older release.
    support_js_module_import_aggregation = True
    # A library's broken source-map comment must not stop an installation; a missing name in a template still raises.
    keep_intermediate_files = False
