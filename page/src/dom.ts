// Elements out of words: h("button", { class: "run", onclick: go }, "Run"). Text is always text, never markup.

type Child = Node | string | null | undefined | false;
type Given = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

function give(element: Element, given: Given): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as unknown as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, given: Given = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  give(element, given);
  fill(element, ...children);
  return element;
}

export function svg(tag: string, given: Given = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  give(element, given);
  for (const child of children) if (child) element.append(child);
  return element;
}

/** Puts these in place of what is in an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

const PATHS: Record<string, string> = {
  play: "M5 3.5v9l7.5-4.5z",
  stop: "M4 4h8v8H4z",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  star: "M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z",
  search: "M7 2.8a4.2 4.2 0 110 8.4 4.2 4.2 0 010-8.4zM10.2 10.2L13.5 13.5",
  back: "M10 3L5 8l5 5",
  more: "M6 3l5 5-5 5",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  moon: "M12.8 9.6A5.3 5.3 0 016.4 3.2 5.3 5.3 0 1012.8 9.6z",
  sun: "M8 5.2a2.8 2.8 0 110 5.6 2.8 2.8 0 010-5.6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  save: "M8 2.5v7M4.8 6.6L8 9.8l3.2-3.2M3 12.8h10",
  link: "M6.6 9.4l2.8-2.8M7.4 4.6l1.3-1.3a2.8 2.8 0 014 4l-1.3 1.3M8.6 11.4l-1.3 1.3a2.8 2.8 0 01-4-4l1.3-1.3",
  broom: "M3 4h10M3 8h7M3 12h9",
  book: "M3 3h4.5v10H3zM8.5 3H13v10H8.5z",
  panel: "M2.5 3h11v10h-11zM10 3v10",
  sum: "M11.5 4V3h-7l4 5-4 5h7v-1",
  clock: "M8 2.2a5.8 5.8 0 110 11.6A5.8 5.8 0 018 2.2zM8 4.8V8l2.2 1.6",
};

/** A picture beside words; it says nothing by itself. */
export function icon(name: string): SVGElement {
  return svg("svg", { class: `icon ${name}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: PATHS[name] ?? "" }));
}

/** A number for people, with its noun. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  say("Copied");
}

/** A word on what has just been done, said aloud too. */
export function say(text: string): void {
  let place = document.getElementById("said");
  if (!place) document.body.append((place = h("div", { id: "said", role: "status" })));
  place.textContent = text;
  place.classList.add("shown");
  window.setTimeout(() => place.classList.remove("shown"), 1800);
}

/** A dialog with a title and a way out; what is in it is given. */
export function sheet(title: string, ...children: Child[]): HTMLDialogElement {
  const dialog = h("dialog", { class: "sheet", "aria-label": title });
  const close = h("button", { class: "quiet square", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"));
  fill(dialog, h("header", {}, h("h2", {}, title), close), ...children);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A moment for people, and how long ago that was. */
export function when(moment: string): string {
  const at = new Date(moment);
  const minutes = Math.round((Date.now() - at.getTime()) / 60_000);
  const ago = minutes < 1 ? "just now" : minutes < 120 ? `${minutes} min ago` : minutes < 2880 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
  return `${at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" })} (${ago})`;
}
