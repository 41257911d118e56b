// Light or dark: as the system has it, until somebody chooses.

import { fill, h, icon } from "./dom";

const KEPT = "cirql.theme";

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function themeButton(): HTMLElement {
  const kept = localStorage.getItem(KEPT);
  if (kept) document.documentElement.dataset["theme"] = kept;
  const button = h("button", { class: "quiet square", onclick: change, type: "button" });
  function show(): void {
    const next = isDark() ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to ${next} colours`);
    button.title = `Switch to ${next} colours`;
    fill(button, icon(isDark() ? "sun" : "moon"));
  }
  function change(): void {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem(KEPT, next);
    show();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
  return button;
}
