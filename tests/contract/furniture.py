"""What the services hold before they are asked: things that exist, so that routes are exercised beyond their 404."""

import re
from urllib.parse import parse_qs, urlsplit

import requests

from house import KEY, ROOT, House, Service, free_port

# As in RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
AUDIENCE = "https://motovaultpro.test/api"
CALLBACK = "http://localhost:5173/callback"
SECRET = "three brown foxes"


class Place:
    """A service to be asked: what opens its routes, and known values by the names of dictionaries in its configuration."""

    def __init__(self, service: Service, open_with: dict, known: dict[str, list]):
        self.service, self.open_with, self.known = service, open_with, known


def tenants_platform(house: House) -> Place:
    # Nobody out there shall hear of made-up webhooks.
    more = {"webhooks": {"timeout_ms": 100, "attempts": 1}}
    service = house.start("tenants-platform", more)
    known = {name: [] for name in ["staying", "leaving", "api_keys", "invitations", "webhooks", "tokens", "shown_keys"]}
    for number in range(4):
        tenant = service.call("POST", "/tenants", {"name": f"Tenant {number}", "plan": "fleet", "owner": "owner"})["id"]
        known["leaving" if number else "staying"].append(tenant)
    service.call("PUT", "/tenants/configuration/keys/units", {"schema": {"type": "string"}, "default": "km", "description": "Units", "scope": "tenant"})
    secret = {"schema": {"type": "string"}, "description": "A secret", "scope": "tenant", "secret": True}
    service.call("PUT", "/tenants/configuration/keys/smtp.password", secret)
    for tenant in known["staying"]:
        path = f"/tenants/{tenant}"
        for user in ["ann", "ben"]:
            service.call("PUT", f"{path}/members/{user}", {"role": "editor"})
        service.call("PATCH", f"{path}/configuration", {"values": {"smtp.password": "s", "units": "mi"}}, {"If-Match": "*"})
        for _ in range(6):
            made = service.call("POST", f"{path}/api-keys", {"name": "contract", "scopes": ["vehicles:read"]})
            known["api_keys"].append(made["id"])
            known["shown_keys"].append(made["key"])
            made = service.call("POST", f"{path}/invitations", {"role": "viewer"})
            known["invitations"].append(made["id"])
            known["tokens"].append(made["token"])
        hook = {"url": "https://hooks.example.com/motovaultpro", "event_types": ["tenant"], "tenant_id": tenant}
        known["webhooks"].append(service.call("POST", "/tenants/webhooks", hook)["id"])
    known["users"] = ["owner", "ann", "ben", "nobody"]
    known["plans"] = ["personal", "family", "fleet", "unlimited"]
    known["settings"] = ["units", "smtp.password"]
    return Place(service, {"api_key": {"api_key": KEY}}, known)


def identity(house: House) -> Place:
    port = free_port()
    more = {
        "issuer": f"http://localhost:{port}/auth", "audience": AUDIENCE, "behind_gateway": False,
        "clients": {"web": {"redirect_uris": CALLBACK, "post_logout_redirect_uris": "http://localhost:5173/"}},
        "accounts": {"verify_email": False}, "mail": {"smtp": "", "links_to_log": True},
        # Everything comes from one address.
        "limits": {"address": 1000000, "mail_address": 1000000},
    }
    service = house.start("identity", more, port=port)
    people = [sign_up(service, f"{name}@example.com") for name in ["admin", "ann", "ben", "eve"]]
    service.run("users", "role", "admin@example.com", "admin")
    tokens = tokens_of(service, people[0])
    users = requests.get(f"{service.url}/auth/users", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=30)
    others = [user["id"] for user in users.json()["data"] if user["role"] == "user"]
    house.token, house.issuer = tokens["access_token"], f"http://localhost:{port}/auth"
    known = {"users": others, "refresh_tokens": [tokens["refresh_token"]]}
    return Place(service, {"token": {"bearer": house.token}}, known)


def sign_up(service: Service, email: str) -> requests.Session:
    browser = requests.Session()
    page = browser.get(f"{service.url}/auth/signup", timeout=30).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    form = {"csrf": csrf, "name": "Contract", "email": email, "new_password": SECRET}
    done = browser.post(f"{service.url}/auth/signup", form, allow_redirects=False, timeout=30)
    if done.status_code != 303:
        raise SystemExit(f"nobody can sign up: {done.status_code} {done.text}")
    return browser


def tokens_of(service: Service, browser: requests.Session) -> dict:
    question = {"client_id": "web", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid email offline_access",
                "state": "s", "nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    sent = browser.get(f"{service.url}/auth/authorize", params=question, allow_redirects=False, timeout=30)
    code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "client_id": "web", "redirect_uri": CALLBACK, "code": code, "code_verifier": VERIFIER}
    return requests.post(f"{service.url}/auth/token", form, timeout=30).json()


def application(house: House) -> Place:
    """Its drop-downs and VINs come from a real vehicles platform with a small release. Routes for who is signed in are asked
    with the admin's token of `identity`, whose vehicles are made here."""
    if not hasattr(house, "token"):
        identity(house)
    release = ROOT / "services/vehicles-platform/tests/data/mini.sql.zst"
    tenants = house.start("tenants-platform", {})
    vehicles = house.start("vehicles-platform", {"etl": {"reader_role": ""}}, [["etl", "load", str(release)]])
    more = {
        "platform_vehicles": {"url": vehicles.url, "key_file": house.secret("contract-key", KEY)},
        "platform_tenants": {"url": tenants.url, "key_file": house.secret("contract-key", KEY)},
        "tokens": {"issuer": house.issuer, "audience": AUDIENCE, "jwks_url": f"{house.issuer}/jwks"},
    }
    service = house.start("application", more)
    known = {"years": [2022, 2023]}
    known["makes"] = ids(service, "makes", year=2022)
    known["models"] = ids(service, "models", year=2022, make_id=known["makes"][0])
    known["vins"] = ["1HGFE2F50NL500001"]
    known |= garage(service, house.token)
    known["tenants"] = [tenant["id"] for tenant in tenants.call("GET", "/tenants")["data"]]
    return Place(service, {"token": {"bearer": house.token}}, known)


def garage(service: Service, token: str) -> dict[str, list]:
    """Vehicles with everything that can belong to them."""
    call = lambda method, path, body=None: service.call(method, path, body, {"Authorization": f"Bearer {token}"})["id"]
    known = {name: [] for name in ["vehicles", "readings", "instruments"]}
    for number in range(6):
        vehicle = call("POST", "/api/vehicles", {"nickname": f"Car {number}"})
        known["vehicles"].append(vehicle)
        path = f"/api/vehicles/{vehicle}"
        known["readings"] += [call("POST", f"{path}/readings", {"distance": km}) for km in (10, 20)]
        replaced = {"kind": "hour_meter", "since": "2024-01-01T00:00:00Z", "old_value": 9, "new_value": 0}
        known["instruments"].append(call("POST", f"{path}/instruments", replaced))
    return known


def ids(service: Service, what: str, **query) -> list[int]:
    answer = requests.get(f"{service.url}/api/platform/{what}", params=query, timeout=30).json()
    return [it["id"] for it in answer["data"]]


PLACES = {"tenants-platform": tenants_platform, "identity": identity, "application": application}
