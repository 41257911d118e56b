// Taking a result along: as CSV, Parquet or JSON.

import { h, icon } from "./dom";

const KINDS = [
  ["csv", "CSV"],
  ["parquet", "Parquet"],
  ["json", "JSON"],
] as const;

export function saveMenu(place: (kind: string) => string): HTMLElement {
  const menu = h("details", { class: "savemenu" });
  const leave = (): void => {
    menu.open = false;
  };
  const links = KINDS.map(([kind, name]) => {
    const link = h("a", { href: "#", download: `result.${kind}` }, name);
    link.addEventListener("click", () => {
      link.href = place(kind);
      leave();
    });
    return link;
  });
  menu.append(h("summary", { class: "button" }, icon("save"), "Download"), h("div", { class: "menulist" }, ...links));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    leave();
    menu.querySelector<HTMLElement>("summary")?.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget as Node | null)) leave();
  });
  return menu;
}
