"""The bare view in a Django project that has nothing else: no middleware, no database, no application."""

SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.bare"
