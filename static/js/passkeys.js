// Signing in with a passkey, and adding one. Without this script everything else works, and a note says what is missing.
const fromBase64url = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
const toBase64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const withIds = (list = []) => list.map((item) => ({ ...item, id: fromBase64url(item.id) }));

const decoded = (options) => ({
  ...options,
  challenge: fromBase64url(options.challenge),
  ...(options.user && { user: { ...options.user, id: fromBase64url(options.user.id) } }),
  ...(options.excludeCredentials && { excludeCredentials: withIds(options.excludeCredentials) }),
  ...(options.allowCredentials && { allowCredentials: withIds(options.allowCredentials) }),
});

const encoded = ({ id, type, response }) => {
  const names = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const parts = names.filter((name) => response[name]).map((name) => [name, toBase64url(response[name])]);
  return JSON.stringify({ id, rawId: id, type, response: Object.fromEntries(parts) });
};

const reasons = {
  InvalidStateError: "This device has a passkey for your account already.",
  NotAllowedError: "No passkey was used. Try again when you are ready.",
  SecurityError: "Passkeys don't work at this address of the site.",
};

const ask = async (form) => {
  const answer = await fetch(form.dataset.passkeyOptions, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok) throw new Error("That did not work. Wait a little, reload the page and try again.");
  const values = await answer.json();
  if (values.error) throw new Error(values.error);
  const publicKey = decoded(values);
  const isNew = form.dataset.passkey === "create";
  return isNew ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
};

const start = (form) => {
  const message = form.querySelector("[data-passkey-message]");
  form.querySelector("button").disabled = false;
  message.textContent = "";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    message.textContent = "";
    try {
      form.elements.credential.value = encoded(await ask(form));
      form.submit();
    } catch (error) {
      message.textContent = reasons[error.name] ?? error.message;
    }
  });
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("[data-passkey]")) start(form);
}
