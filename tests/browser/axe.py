"""What axe finds against accessibility on a page, whose rules bear the numbers of the RGAA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def findings(page: Page) -> list[str]:
    """Return each rule that is broken, with the element; styles are not read again, which would write them inline."""
    options = {"preload": False, "resultTypes": ["violations"]}  # a rule that is kept comes with one element
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]
