"""The cache that all machines share, on a Redis that may be lost at any moment: it costs speed, nothing else.

While it is lost, late or full, each process remembers for itself, as it does without CACHE_URL.
"""

import hashlib
import hmac
import logging
import pickle
import time
from typing import Any

import redis
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisSerializer
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from roubaix_map.caches import HERE

logger = logging.getLogger(__name__)
CONNECT_TIMEOUT, TIMEOUT = 0.3, 0.3  # seconds
LEFT_ALONE = 5  # seconds, once lost
SIGNATURE = 16  # bytes


class Absent(Exception):
    """The shared cache cannot be asked."""


class Foreign(Exception):
    """What the cache holds was not written by this site."""


class SignedSerializer(RedisSerializer):
    """Reads only what this site wrote: whoever writes to the Redis would otherwise run code here."""

    def dumps(self, obj):
        kept = super().dumps(obj)
        return kept if isinstance(kept, int) else self.signature(kept) + kept

    def loads(self, data):
        if data.lstrip(b"-").isdigit():
            return int(data)
        signature, kept = data[:SIGNATURE], data[SIGNATURE:]
        if not hmac.compare_digest(signature, self.signature(kept)):
            raise Foreign
        return pickle.loads(kept)  # noqa: S301 – ours, as its signature says

    @staticmethod
    def signature(kept: bytes) -> bytes:
        key = hashlib.sha256(f"caches {settings.SECRET_KEY}".encode()).digest()
        return hashlib.blake2b(kept, key=key, digest_size=SIGNATURE).digest()


class SharedCache(BaseCache):
    """Redis while it answers, this process's memory otherwise."""

    left_until = told_at = 0.0  # of the process, whose threads have an object each

    def __init__(self, server: str, params: dict[str, Any]):
        super().__init__(params)
        options = {
            "serializer": SignedSerializer,
            "socket_connect_timeout": CONNECT_TIMEOUT,
            "socket_timeout": TIMEOUT,
            # Once more at once when the server closed a connection that rested; never when it is late.
            "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            "protocol": 2,
            "driver_info": None,
            "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        }
        self.far = RedisCache(server, {**params, "OPTIONS": options})
        self.near = LocMemCache("shared", {**params, "OPTIONS": HERE["OPTIONS"]})

    def ask(self, verb: str, *arguments) -> Any:
        """Ask Redis; what it does not do is done here."""
        try:
            return self.ask_far(verb, *arguments)
        except Absent:
            return getattr(self.near, verb)(*arguments)

    def ask_far(self, verb: str, *arguments) -> Any:
        """Ask Redis, left alone for some seconds once it is lost; raise Absent."""
        now = time.monotonic()
        if now < SharedCache.left_until:
            raise Absent
        try:
            return getattr(self.far, verb)(*arguments)
        except (redis.RedisError, Foreign) as error:
            if isinstance(error, redis.ConnectionError | redis.TimeoutError):
                SharedCache.left_until = time.monotonic() + LEFT_ALONE
            if now > SharedCache.told_at + LEFT_ALONE:
                SharedCache.told_at = now
                logger.warning("shared cache does not answer", extra={"reason": type(error).__name__})
            raise Absent from error

    def count(self, key: str, seconds: int) -> int | None:
        try:
            self.ask_far("add", key, 0, seconds)
            return self.ask_far("incr", key)
        except (Absent, ValueError):  # the latter when it was forgotten in between
            return None

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self.ask("add", key, value, timeout, version)

    def get(self, key, default=None, version=None):
        return self.ask("get", key, default, version)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        self.ask("set", key, value, timeout, version)

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None):
        return self.ask("touch", key, timeout, version)

    def delete(self, key, version=None):
        return self.ask("delete", key, version)

    def incr(self, key, delta=1, version=None):
        return self.ask("incr", key, delta, version)

    def clear(self):
        self.near.clear()
        self.ask("clear")
