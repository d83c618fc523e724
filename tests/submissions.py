"""What a visitor's browser sends: the fields of a page's form, filled in as that page shows them."""

import re
from html.parser import HTMLParser

from django.core import mail
from django.test import Client

from places.models import Submission
from places.moderation import stamp
from places.moderation.mail_queue import send_due


class Fields(HTMLParser):
    """The named fields of the forms of a page, with their values."""

    def __init__(self):
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._select = self._textarea = None
        self._inert = 0

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name, kind = given.get("name"), given.get("type", "text")
        self._inert += tag == "template"
        if self._inert:
            return
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.values[self._select] = [given.get("value", "")]
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = [""]
        elif tag == "input" and name and kind in ("checkbox", "radio"):
            if "checked" in given:
                self.values.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "input" and name and kind != "file":
            self.values[name] = [given.get("value", "")]

    def handle_endtag(self, tag):
        self._inert -= tag == "template"
        if tag == "textarea":
            self._textarea = None

    def handle_data(self, data):
        if self._textarea:
            self.values[self._textarea] = [self.values[self._textarea][0] + data.removeprefix("\n")]


def fields_of(html: str) -> dict[str, list[str]]:
    fields = Fields()
    fields.feed(html)
    return fields.values


def opened(client: Client, address: str) -> dict[str, list[str]]:
    """Open a form and return its fields."""
    return fields_of(client.get(address).content.decode())


def send(client: Client, address: str, fields: dict | None = None, **filled):
    """Open a form, fill some fields in, wait as long as a person does, and send it."""
    fields = opened(client, address) if fields is None else fields
    return client.post(address, a_while_ago(fields) | filled)


def a_while_ago(fields: dict) -> dict:
    """The same fields of a page that was opened a minute before: nobody waits in tests."""
    from django.core import signing

    told = signing.loads(fields["stamp"][0], salt=stamp.SALT)
    told["at"] -= 60
    return fields | {"stamp": [signing.dumps(told, salt=stamp.SALT, compress=True)]}


def sent_by(answer) -> Submission:
    """The submission that an answer leads to."""
    assert answer.status_code == 302, answer.content.decode()
    token = re.fullmatch(r"/suivi/([\w-]{43})/\?merci=oui", answer.headers["Location"])[1]
    return Submission.objects.get(token=token)


def mails_sent() -> list:
    """Send the queue and return what left, oldest first."""
    already = len(mail.outbox)
    send_due()
    return mail.outbox[already:]


def link_in(message) -> str:
    """The path of the first link of a mail to this site."""
    return re.search(r"http://testserver(/\S+)", message.body)[1]
