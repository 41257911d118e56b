// The editors that are open, as tabs: their texts outlive the page, in the browser and nowhere else.

import { fill, h, icon } from "./dom";
import type { Settings } from "./sharing";

const KEPT = "cirql.tabs";

export interface Tab {
  id: string;
  title: string;
  text: string;
  run: string;
  /** The file that it is saved in, and what stood there then. */
  name?: string;
  seen?: string;
  /** How its first rows are to be looked at. */
  settings?: Settings;
}

export interface TabEvents {
  show(tab: Tab): void;
  closed(tab: Tab): void;
}

export class TabBar {
  readonly element = h("div", { class: "tabs", role: "tablist", "aria-label": "Editors", onkeydown: (event: KeyboardEvent) => this.typed(event) });
  private tabs: Tab[] = [];
  private chosen = 0;

  constructor(private readonly events: TabEvents) {}

  /** Opens what was open last time, or one with a text to begin with. */
  start(first: { title: string; text: string }): void {
    const kept = readKept();
    this.tabs = kept.tabs.length ? kept.tabs : [made(first.title, first.text)];
    this.chosen = Math.min(kept.chosen, this.tabs.length - 1);
    this.choose(this.chosen);
  }

  get current(): Tab {
    const tab = this.tabs[this.chosen];
    if (!tab) throw new Error("there is always a tab");
    return tab;
  }

  open(text = "", title = "", settings: Settings = {}): void {
    this.tabs.push({ ...made(title || `Query ${this.tabs.length + 1}`, text), settings });
    this.choose(this.tabs.length - 1);
  }

  /** Opens a statement of the library, or goes to where it is open. */
  openNamed(name: string, text: string, seen: string): void {
    const at = this.tabs.findIndex((tab) => tab.name === name);
    const tab = this.tabs[at];
    if (tab) {
      this.choose(at);
      return;
    }
    this.tabs.push({ ...made(name, text), name, seen });
    this.choose(this.tabs.length - 1);
  }

  /** The chosen one has been saved in a file. */
  saved(name: string, seen: string): void {
    Object.assign(this.current, { name, seen, title: name });
    this.draw();
    this.keep();
  }

  keep(): void {
    localStorage.setItem(KEPT, JSON.stringify({ tabs: this.tabs, chosen: this.chosen }));
  }

  choose(number: number): void {
    this.chosen = Math.max(0, Math.min(number, this.tabs.length - 1));
    this.draw();
    this.keep();
    this.events.show(this.current);
  }

  private close(number: number): void {
    const [tab] = this.tabs.splice(number, 1);
    if (tab) this.events.closed(tab);
    if (!this.tabs.length) this.tabs.push(made("Query 1", ""));
    this.choose(number < this.chosen ? this.chosen - 1 : Math.min(this.chosen, this.tabs.length - 1));
  }

  private rename(number: number): void {
    const tab = this.tabs[number];
    const title = tab && window.prompt("Name of this editor", tab.title)?.trim();
    if (!tab || !title) return;
    tab.title = title.slice(0, 60);
    this.draw();
    this.keep();
  }

  private draw(): void {
    fill(this.element, ...this.tabs.map((tab, n) => this.tab(tab, n)));
  }

  private tab(tab: Tab, n: number): HTMLElement {
    const chosen = n === this.chosen;
    return h(
      "div",
      { class: chosen ? "tab chosen" : "tab", role: "presentation" },
      h(
        "button",
        { type: "button", role: "tab", "aria-selected": String(chosen), "aria-controls": "editing", tabindex: chosen ? 0 : -1, title: "Double-click to rename; Delete closes", onclick: () => this.choose(n), ondblclick: () => this.rename(n) },
        tab.title,
      ),
      this.tabs.length > 1 ? h("button", { type: "button", class: "quiet close", tabindex: -1, "aria-label": `Close ${tab.title}`, onclick: () => this.close(n) }, icon("close")) : null,
    );
  }

  private typed(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step) this.choose((this.chosen + step + this.tabs.length) % this.tabs.length);
    else if (event.key === "Delete") this.close(this.chosen);
    else if (event.key === "F2") this.rename(this.chosen);
    else return;
    event.preventDefault();
    this.element.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }
}

function made(title: string, text: string): Tab {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (n) => n.toString(16).padStart(2, "0")).join("");
  return { id, title, text, run: "" };
}

function readKept(): { tabs: Tab[]; chosen: number } {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "") as { tabs: Tab[]; chosen: number };
    return { tabs: found.tabs.filter((t) => /^\w{1,20}$/.test(t.id)), chosen: found.chosen };
  } catch {
    return { tabs: [], chosen: 0 };
  }
}
