// Asks the browser for a passkey and sends what it answers as an ordinary form. Without this file every page works, but
// shows no passkeys.
"use strict";

(() => {
  // A question is good for five minutes.
  const ASK_AGAIN_MS = 4 * 60 * 1000;
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;
  const isNew = form.dataset.passkey === "create";
  const button = form.querySelector("button");
  const alert = form.querySelector("[role=alert]");
  // What ends the question that waits beside the form.
  let waiting = new AbortController();

  /** Said to people in these words. */
  class Refusal extends Error {}

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  function text(buffer) {
    const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
    return plain.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  async function question() {
    const fields = new URLSearchParams(new FormData(form));
    // Where the sign-in leads to is not part of the question.
    fields.delete("flow");
    let reply, told;
    try {
      reply = await fetch(form.dataset.question, { method: "POST", body: fields });
      told = await reply.json();
    } catch {
      throw new Refusal("The service cannot be reached. Try again.");
    }
    if (!reply.ok) throw new Refusal(told.detail || "That did not work. Try again.");
    const credentials = (told.excludeCredentials || []).map((it) => ({ ...it, id: bytes(it.id) }));
    const publicKey = { ...told, challenge: bytes(told.challenge), excludeCredentials: credentials };
    if (told.user) publicKey.user = { ...told.user, id: bytes(told.user.id) };
    return publicKey;
  }

  function made({ response }) {
    const key = response.getPublicKey?.();
    if (!key) throw new Refusal("This browser cannot say which key it has made.");
    return {
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.getAuthenticatorData()),
      algorithm: response.getPublicKeyAlgorithm(),
      public_key: text(key),
    };
  }

  function chosen({ rawId, response }) {
    return {
      id: text(rawId),
      user_handle: text(response.userHandle || new ArrayBuffer(0)),
      client_data: text(response.clientDataJSON),
      authenticator_data: text(response.authenticatorData),
      signature: text(response.signature),
    };
  }

  function send(fields) {
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    }
    // The password was part of the question.
    for (const input of form.querySelectorAll("[type=password]")) input.disabled = true;
    form.submit();
  }

  function words(error) {
    if (error instanceof Refusal) return error.message;
    switch (error.name) {
      case "NotAllowedError":
        return isNew ? "No passkey was made, or it took too long." : "No passkey was chosen, or it took too long.";
      case "InvalidStateError":
        return "This device has a passkey for your account already.";
      case "SecurityError":
        return "Passkeys do not work at this address.";
      case "NotSupportedError":
      case "ConstraintError":
        return "This device cannot make a passkey of the kind that is needed.";
      default:
        return "The passkey could not be used. Try again.";
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    alert.hidden = true;
    waiting.abort();
    try {
      const publicKey = await question();
      if (isNew) send(made(await navigator.credentials.create({ publicKey })));
      else send(chosen(await navigator.credentials.get({ publicKey })));
    } catch (error) {
      alert.textContent = words(error);
      alert.hidden = false;
      button.disabled = false;
      offer();
    }
  });

  // Passkeys among what the browser offers to fill in. Nobody has asked, so nobody is told when it fails. Where one has just
  // been refused none is offered: what answers by itself would be refused without end.
  async function offer() {
    const isRefused = new URL(form.action).pathname === window.location.pathname;
    const able = !isNew && !isRefused && (await window.PublicKeyCredential.isConditionalMediationAvailable?.());
    if (!able || button.disabled || document.hidden) return;
    waiting.abort();
    const mine = (waiting = new AbortController());
    try {
      const publicKey = await question();
      const options = { publicKey, mediation: "conditional", signal: mine.signal };
      const answer = await navigator.credentials.get(options);
      button.disabled = true;
      send(chosen(answer));
    } catch {
      // The button is still there.
    }
  }

  // A page that the browser brings back holds an answer that was sent already.
  window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  document.getElementById("no-passkeys")?.remove();
  form.hidden = false;
  offer();
  setInterval(offer, ASK_AGAIN_MS);
})();
