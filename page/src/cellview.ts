// One value, whole: text as it is, JSON as a tree.

import { copyText, fill, h, icon } from "./dom";

export function showCell(name: string, value: string | null, after: () => void): void {
  const dialog = h("dialog", { class: "sheet", "aria-label": name });
  const document_ = value === null ? undefined : parsed(value);
  fill(
    dialog,
    h(
      "header",
      {},
      h("h2", {}, h("code", {}, name)),
      h("button", { class: "quiet square", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
    ),
    document_ === undefined ? h("pre", { tabindex: 0 }, value ?? "NULL") : h("div", { class: "json", tabindex: 0 }, node(document_, 0)),
    value !== null && value.startsWith("arn:") ? arn(value) : null,
    h("footer", {}, h("button", { type: "button", class: "primary", onclick: () => void copyText(value ?? "") }, icon("copy"), "Copy")),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    after();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function parsed(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? found : undefined;
  } catch {
    return undefined;
  }
}

function node(value: unknown, depth: number): HTMLElement {
  if (typeof value !== "object" || value === null) {
    return h("span", { class: value === null ? "t-null" : typeof value === "string" ? "t-text" : "t-number" }, JSON.stringify(value));
  }
  const members = Object.entries(value);
  const word = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  if (!members.length) return h("span", { class: "soft" }, Array.isArray(value) ? "[]" : "{}");
  const list = h("ul", {}, ...members.map(([name, inner]) => h("li", {}, h("code", {}, name), ": ", node(inner, depth + 1))));
  return h("details", { open: depth < 2 }, h("summary", {}, h("span", { class: "soft" }, word)), list);
}

function arn(value: string): HTMLElement {
  const [, partition, service, region, account, ...rest] = value.split(":");
  const facts: [string, string | undefined][] = [
    ["Partition", partition],
    ["Service", service],
    ["Region", region],
    ["Account", account],
    ["Resource", rest.join(":")],
  ];
  return h("dl", { class: "notes" }, ...facts.filter(([, text]) => text).flatMap(([word, text]) => [h("dt", {}, word), h("dd", {}, h("code", {}, text ?? ""))]));
}
