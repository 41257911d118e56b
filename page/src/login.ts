// Signing in, where the page is not on loopback alone.

import { Refused } from "./api";
import { fill, h } from "./dom";

export function askLogin(place: HTMLElement, done: () => void): void {
  const name = h("input", { type: "text", autocomplete: "username", required: true, id: "login-name" });
  const password = h("input", { type: "password", autocomplete: "current-password", required: true, id: "login-password" });
  const wrong = h("p", { class: "bad", role: "alert", hidden: true });
  const form = h("form", { class: "login" }, h("h1", {}, "cirql"), h("label", { for: "login-name" }, "Name"), name, h("label", { for: "login-password" }, "Password"), password, wrong, h("button", { type: "submit", class: "primary" }, "Sign in"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn(name.value, password.value).then(done, (error: unknown) => {
      wrong.hidden = false;
      fill(wrong, error instanceof Refused ? error.message : String(error));
      password.select();
    });
  });
  fill(place, h("div", { class: "closed" }, form));
  name.focus();
}

async function signIn(name: string, password: string): Promise<void> {
  const answer = await fetch("/login", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name, password }), credentials: "same-origin" });
  if (!answer.ok) throw new Refused(((await answer.json()) as { error: { message: string } }).error);
}

export async function signOut(): Promise<void> {
  await fetch("/logout", { method: "POST", headers: { "content-type": "application/json" }, body: "{}", credentials: "same-origin" });
  location.reload();
}
