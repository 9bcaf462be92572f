// `oidc-client-ts`, as a web app uses it, and `jose`, as an API judges tokens.
// Only what a browser would bring is stood in for: its stores, and the person who fills in the sign-in page.
import assert from "node:assert/strict";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { InMemoryWebStorage, OidcClient, WebStorageStateStore } from "oidc-client-ts";

const [issuer, email, password] = process.argv.slice(2);
const app = `${new URL(issuer).origin}/app`;
const client = new OidcClient({
  authority: issuer,
  client_id: "web",
  redirect_uri: `${app}/callback`,
  post_logout_redirect_uri: `${app}/`,
  scope: "openid profile email offline_access",
  loadUserInfo: true,
  stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
});

// A browser: cookies, and redirects until one leads away from the provider.
const cookies = new Map();
async function visit(url, form) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const body = form && new URLSearchParams(form);
  const answer = await fetch(url, { method: form ? "POST" : "GET", body, headers: { cookie }, redirect: "manual" });
  for (const line of answer.headers.getSetCookie()) {
    const [name, value] = line.split(";")[0].split("=");
    value ? cookies.set(name, value) : cookies.delete(name);
  }
  const location = answer.headers.get("location");
  if (!location) return { url, text: await answer.text(), status: answer.status };
  const next = new URL(location, url).href;
  return next.startsWith(issuer) ? visit(next) : { url: next };
}

async function signIn(url) {
  const page = await visit(url);
  const hidden = [...page.text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map((it) => [it[1], it[2]]);
  return visit(`${issuer}/signin`, { ...Object.fromEntries(hidden), email, password });
}

const request = await client.createSigninRequest({ state: { from: "here" }, nonce: "n-1" });
const back = await signIn(request.url);
assert.ok(back.url.startsWith(`${app}/callback?`), back.url ?? back.text);
const signed = await client.processSigninResponse(back.url);
assert.deepEqual(signed.userState, { from: "here" });
assert.equal(signed.profile.email, email);
assert.ok(signed.refresh_token);

const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
const access = await jwtVerify(signed.access_token, keys, { issuer, typ: "at+jwt" });
assert.equal(access.payload.sub, signed.profile.sub);
await jwtVerify(signed.id_token, keys, { issuer, audience: "web" });

const fresh = await client.useRefreshToken({
  state: { ...signed, profile: signed.profile, refresh_token: signed.refresh_token, data: {} },
});
assert.notEqual(fresh.refresh_token, signed.refresh_token);
await jwtVerify(fresh.access_token, keys, { issuer });
await client.revokeToken(fresh.refresh_token, "refresh_token");
await assert.rejects(
  client.useRefreshToken({ state: { ...signed, profile: signed.profile, refresh_token: fresh.refresh_token, data: {} } }),
  /used|grant|ended/i,
);

const silent = await client.createSigninRequest({ request_type: "si:s", prompt: "none" });
await client.processSigninResponse((await visit(silent.url)).url);

const out = await client.createSignoutRequest({ id_token_hint: signed.id_token, state: "bye" });
const gone = await visit(out.url);
await client.processSignoutResponse(gone.url);
const none = await client.createSigninRequest({ prompt: "none" });
await assert.rejects(client.processSigninResponse((await visit(none.url)).url), /login_required|signed in/);
console.log("oidc-client-ts and jose: signed in, judged, refreshed, revoked, renewed silently, signed out");
