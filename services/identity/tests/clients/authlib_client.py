"""Authlib, as a program in Python uses it: discovery, PKCE, ID token, userinfo, refresh, revocation."""

import re
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

ISSUER, EMAIL, PASSWORD = sys.argv[1:]
CALLBACK = ISSUER.removesuffix("/auth") + "/app/callback"

provider = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
assert provider["issuer"] == ISSUER
client = OAuth2Session(
    "web",
    scope="openid profile email offline_access",
    redirect_uri=CALLBACK,
    code_challenge_method="S256",
    token_endpoint_auth_method="none",
    revocation_endpoint_auth_method="none",
)
verifier, nonce = generate_token(48), generate_token(16)
url, state = client.create_authorization_url(
    provider["authorization_endpoint"], code_verifier=verifier, nonce=nonce
)

# The person, at a browser.
browser = requests.Session()
page = browser.get(url, timeout=10)
hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
answer = browser.post(
    f"{ISSUER}/signin",
    data={**hidden, "email": EMAIL, "password": PASSWORD},
    allow_redirects=False,
    timeout=10,
)
while answer.headers["location"].startswith("/"):
    origin = ISSUER.removesuffix("/auth")
    answer = browser.get(origin + answer.headers["location"], allow_redirects=False, timeout=10)
back = answer.headers["location"]
assert back.startswith(CALLBACK), back

token = client.fetch_token(
    provider["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
)
keys = KeySet.import_key_set(requests.get(provider["jwks_uri"], timeout=10).json())
decoded = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
claims = CodeIDToken(
    decoded.claims,
    decoded.header,
    {"iss": {"value": ISSUER}, "aud": {"value": "web"}},
    {"nonce": nonce, "client_id": "web", "access_token": token["access_token"]},
)
claims.validate()
assert claims["email"] == EMAIL
info = client.get(provider["userinfo_endpoint"]).json()
assert info["sub"] == claims["sub"] and info["email"] == EMAIL

fresh = client.refresh_token(provider["token_endpoint"], refresh_token=token["refresh_token"])
assert fresh["refresh_token"] != token["refresh_token"]
client.revoke_token(
    provider["revocation_endpoint"], fresh["refresh_token"], body=None, token_type_hint="refresh_token"
)
try:
    client.refresh_token(provider["token_endpoint"], refresh_token=token["refresh_token"])
except OAuthError as error:
    assert error.error == "invalid_grant", error
else:
    raise AssertionError("a used refresh token was taken")
print("Authlib: signed in, ID token and userinfo judged, refreshed, refused after reuse")
