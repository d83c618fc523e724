"""A place in the words of schema.org, which search engines and assistants read on its card."""

from datetime import datetime, time, timedelta
from typing import Any

from places.models import Place
from places.opening_hours import PARIS
from places.vocabularies import FraisACharge

# The kinds that schema.org knows by a narrower name; the first code of a place that is here decides.
KINDS = {
    "BIB": "Library",
    "RELAIS_LECTURE": "Library",
    "LA_POSTE": "PostOffice",
    "FT": "EmploymentAgency",
    "ML": "EmploymentAgency",
    "CAP_EMPLOI": "EmploymentAgency",
    "MUNI": "GovernmentOffice",
    "CCAS": "GovernmentOffice",
    "CD": "GovernmentOffice",
    "DEPT": "GovernmentOffice",
    "RFS": "GovernmentOffice",
    "PREF": "GovernmentOffice",
}
ANY_KIND = "LocalBusiness"  # both a place and an organisation, which is what an open door is
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def describe(place: Place, address: str, now: datetime) -> dict[str, Any]:
    """Return what is known of a place as JSON-LD; `address` is that of its card. Nothing is invented for a blank."""
    said = {
        "@context": "https://schema.org",
        "@type": next((KINDS[code] for code in place.typologie if code in KINDS), ANY_KIND),
        "@id": address,
        "url": address,
        "name": place.nom,
        "identifier": place.pk,
        "description": place.presentation_resume or place.presentation_detail,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": ", ".join(filter(None, (place.adresse, place.complement_adresse))),
            "postalCode": place.code_postal,
            "addressLocality": place.commune,
            "addressCountry": "FR",
        },
        "geo": place.point
        and {"@type": "GeoCoordinates", "latitude": place.point.latitude, "longitude": place.point.longitude},
        "telephone": place.telephone,
        "email": place.courriels,
        "sameAs": place.site_web,
        "parentOrganization": place.structure_parente and {"@type": "Organization", "name": place.structure_parente},
        "knowsLanguage": [str(term) for term in place.offered_langues],
        "isAccessibleForFree": True if place.frais_a_charge.values == [FraisACharge.GRATUIT] else None,
        "makesOffer": [
            {"@type": "Offer", "itemOffered": {"@type": "Service", "name": term.value}}
            for term in place.offered_services
        ],
        "openingHoursSpecification": _this_week(place, now),
    }
    said["address"] = {name: value for name, value in said["address"].items() if value}
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _this_week(place: Place, now: datetime) -> list[dict[str, str]]:
    """Return the hours of the week of `now`, dated: odd weeks, seasons and holidays are then true for that week."""
    if place.hours is None:
        return []
    today = now.astimezone(PARIS).date()
    monday = today - timedelta(days=today.weekday())
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": f"https://schema.org/{DAYS[day.date.weekday()]}",
            "opens": _clock(span.start),
            "closes": _clock(span.end) if span.end != time() else "23:59",
            "validFrom": day.date.isoformat(),
            "validThrough": day.date.isoformat(),
        }
        for day in place.hours.week(monday)
        for span in day.spans
        if not day.uncertain
    ]


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"
