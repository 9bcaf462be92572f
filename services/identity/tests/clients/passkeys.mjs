// A real browser with an authenticator of its own, by Chromium's DevTools: adds a passkey, signs in with it by the button
// and by what the browser offers to fill in, goes on to a client, and removes it; as a phone and as a computer.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [issuer, email, password, executablePath, pictures] = process.argv.slice(2);
const callback = `${new URL(issuer).origin}/app/callback`;
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function visit(viewport, javaScriptEnabled = true) {
  const context = await browser.newContext({ viewport, javaScriptEnabled });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  // The policy of the pages says here what it forbids.
  page.on("console", (message) => /policy/i.test(message.text()) && wrong.push(message.text()));
  const known = [issuer, callback, new URL("/favicon.ico", issuer).href];
  page.on("request", (request) => known.some((it) => request.url().startsWith(it)) || wrong.push(request.url()));
  const show = async (name) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= viewport.width, `${name} is ${width} wide`);
    if (pictures) await page.screenshot({ path: `${pictures}/${name}-${viewport.width}.png`, fullPage: true });
  };
  const signIn = async () => {
    await page.goto(`${issuer}/signin`);
    await page.fill("#email", email);
    await page.fill("#password", password);
    await page.click("button:text-is('Sign in')");
    await page.waitForURL(`${issuer}/account`);
  };
  const signOut = async () => {
    await page.goto(`${issuer}/account`);
    await page.click("button:text-is('Sign out')");
    await page.waitForSelector("text=You are signed out");
  };
  return { context, page, wrong, show, signIn, signOut };
}

async function withPasskeys(viewport) {
  const { context, page, wrong, show, signIn, signOut } = await visit(viewport);
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  const set = (what, value) => devtools.send(`WebAuthn.set${what}`, { authenticatorId, ...value });

  await signIn();
  await page.goto(`${issuer}/account/passkeys`);
  await show("passkeys-none");
  const add = async (secret, outcome) => {
    await page.fill("#password", secret);
    await page.click("button:text-is('Add a passkey')");
    await page.waitForSelector(`text=${outcome}`);
  };
  await add("not the password", "The password is not right.");
  await page.fill("#name", "My phone");
  await add(password, "never used");
  await show("passkeys-one");
  await add(password, "has a passkey for your account already");
  await show("passkeys-again");
  await signOut();

  // The device does not recognise anybody at first. What waits beside the form must not answer for the button.
  await set("UserVerified", { isUserVerified: false });
  await page.addInitScript(() => window.location.hash && delete PublicKeyCredential.isConditionalMediationAvailable);
  await page.goto(`${issuer}/signin#button`);
  await show("signin");
  await page.click("text=Sign in with a passkey");
  await page.waitForSelector("text=No passkey was chosen");
  await show("signin-not-chosen");
  await set("UserVerified", { isUserVerified: true });
  await page.click("text=Sign in with a passkey");
  await page.waitForURL(`${issuer}/account`);
  await show("account");
  await signOut();

  // Here the virtual authenticator answers what the browser offers to fill in, without a click, and the client's request goes on.
  const query = new URLSearchParams({
    client_id: "web", redirect_uri: callback, response_type: "code", scope: "openid", state: "s",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
  });
  await page.goto(`${issuer}/authorize?${query}`);
  await page.waitForURL(`${callback}?code=*`);

  await page.goto(`${issuer}/account/passkeys`);
  await page.waitForSelector("text=last used");
  await page.click("summary:text-is('Remove')");
  await show("passkeys-remove");
  await page.fill("details[open] [name=password]", password);
  await page.click("button:text-is('Remove')");
  await page.waitForSelector("text=My phone", { state: "detached" });
  await signOut();
  // The device still has it; the service does not.
  await page.goto(`${issuer}/signin`);
  await page.waitForSelector("text=not known here any more");
  await show("signin-unknown");
  assert.deepEqual(wrong, []);
  await context.close();
}

async function withoutScripts(viewport) {
  const { context, page, signIn } = await visit(viewport, false);
  await signIn();
  await page.goto(`${issuer}/account/passkeys`);
  assert.ok(await page.isVisible("text=does not run scripts"));
  assert.ok(!(await page.isVisible("button:text-is('Add a passkey')")));
  await context.close();
}

for (const viewport of [{ width: 360, height: 740 }, { width: 1440, height: 900 }]) {
  await withPasskeys(viewport);
  await withoutScripts(viewport);
}
await browser.close();
console.log("Chromium: a passkey added, signed in with by the button and by autofill, removed; and pages without scripts");
