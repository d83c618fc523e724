"""In and out by the provider, under the policy that keeps forms on this site; with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.conftest import DESKTOP, PHONE
from tests.openid_provider import CLIENT_ID, SECRET, Provider
from tests.people import make_person


@pytest.fixture
def provider(settings, complaints):
    provider = Provider()
    complaints.origins.add(provider.url)
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.url, CLIENT_ID, SECRET
    yield provider
    provider.close()


@pytest.mark.parametrize("options", [DESKTOP, PHONE | {"java_script_enabled": False}], ids=["desktop", "phone, no JS"])
def test_person_enters_and_leaves_by_the_provider(transactional_db, open_page, provider, complaints, options):
    make_person()
    page = open_page(**options)
    button = page.get_by_role("link", name="Se connecter avec ProConnect")
    # The sign-in page of a browser without JavaScript is not read by axe, which is a script.
    page.goto("/admin/places/place/")
    expect(button).to_be_visible()
    assert button.bounding_box()["height"] >= 44
    if options is DESKTOP:
        assert findings(page) == []

    button.click()
    page.wait_for_url("**/admin/places/place/")
    page.get_by_role("button", name="Déconnexion").click()
    page.wait_for_url("**/admin/login/?state=*")

    assert provider.asked.count("/session/end") == 1
    page.goto("/admin/")
    expect(button).to_be_visible()

    # A person who has no account here.
    complaints.allow(r"status of 403")
    provider.claims["email"] = "inconnue@exemple.fr"
    button.click()
    expect(page.get_by_role("heading", name="Connexion impossible")).to_be_visible()
    if options is DESKTOP:
        assert findings(page) == []
    page.get_by_role("link", name="Revenir à la connexion").click()
    expect(button).to_be_visible()
