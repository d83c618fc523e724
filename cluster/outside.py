"""What the site asks of others: a mail server and a geocoder on loopback, which work or not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests import mail_server
from tests.geocoder import Geocoder, feature


class Outside:
    def __init__(self, mail_port: int):
        self.mail_port = mail_port
        self.mailbox = mail_server.Mailbox()
        self.geocoder = Geocoder()
        self.geocoder.features = [feature("1 Rue de Nulle Part", 50.69, 3.17)]
        self._mail = ExitStack()

    def settings(self) -> dict[str, str]:
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.mail_port), "GEOCODER_URL": self.geocoder.url}

    def open(self) -> None:
        self.geocoder.delay = 0
        self._mail.enter_context(mail_server.serving(self.mailbox, self.mail_port))

    def fall_silent(self) -> None:
        """The mail server refuses every connection; the geocoder takes them and says nothing."""
        self._mail.close()
        self.geocoder.delay = 60

    def close(self) -> None:
        self._mail.close()
        self.geocoder.close()


@contextmanager
def serving(mail_port: int) -> Iterator[Outside]:
    outside = Outside(mail_port)
    outside.open()
    try:
        yield outside
    finally:
        outside.close()
