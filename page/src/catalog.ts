// The catalog at the left: tables found by words, by service, or kept as favourites.

import { Refused, look } from "./api";
import type { TableHit } from "./api";
import { fill, h, icon } from "./dom";
import { TableCard } from "./tablecard";
import type { Writing } from "./tablecard";

const KEPT = "cirql.favourites";
const PAUSE = 120;

export class CatalogPanel {
  readonly element: HTMLElement;
  private readonly words = h("input", {
    type: "search",
    id: "catalog-search",
    placeholder: "Search tables",
    "aria-label": "Search tables",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => this.soon(),
    onkeydown: (event: KeyboardEvent) => this.typed(event),
  });
  private readonly list = h("div", { class: "found", role: "region", "aria-label": "Tables" });
  private readonly card: TableCard;
  private readonly title: string;
  private favourites = new Set<string>(JSON.parse(localStorage.getItem(KEPT) ?? "[]") as string[]);
  private timer = 0;
  private asked = 0;
  private back: () => void = () => undefined;

  constructor(writing: Writing, tables: number) {
    this.title = `${tables.toLocaleString("en-US")} tables`;
    this.card = new TableCard(writing, {
      back: () => this.leave(),
      isKept: (name) => this.favourites.has(name),
      keep: (name) => this.keep(name),
      show: (name) => this.open(name),
    });
    this.element = h(
      "aside",
      { class: "catalog", "aria-label": "Catalog" },
      h("div", { class: "searching" }, icon("search"), this.words),
      this.list,
      this.card.element,
    );
    void this.find();
  }

  /** Another thing to have at the left, under a name of its own. */
  addView(name: string, element: HTMLElement, shown: () => void): void {
    const own = [...this.element.children] as HTMLElement[];
    const tabs = ["Tables", name].map((title, n) => h("button", { type: "button", role: "tab", "aria-selected": String(!n), "aria-controls": n ? "view-library" : "view-tables", tabindex: n ? -1 : 0, onclick: () => choose(n) }, title));
    const tables = h("div", { class: "view", role: "tabpanel", id: "view-tables", "aria-label": "Tables" }, ...own);
    const other = h("div", { class: "view", role: "tabpanel", id: "view-library", "aria-label": name, hidden: true }, element);
    const choose = (chosen: number): void => {
      tabs.forEach((tab, n) => {
        tab.setAttribute("aria-selected", String(n === chosen));
        tab.tabIndex = n === chosen ? 0 : -1;
      });
      [tables.hidden, other.hidden] = [chosen !== 0, chosen !== 1];
      if (chosen) shown();
    };
    this.back = () => choose(0);
    const bar = h("div", { class: "views", role: "tablist", "aria-label": "At the left" }, ...tabs);
    bar.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const next = tabs[0]?.getAttribute("aria-selected") === "true" ? 1 : 0;
      choose(next);
      tabs[next]?.focus();
    });
    fill(this.element, bar, tables, other);
  }

  focus(): void {
    this.back();
    this.leave();
    this.words.focus();
    this.words.select();
  }

  private leave(): void {
    this.card.element.hidden = true;
    this.list.hidden = false;
    this.words.focus();
  }

  private soon(): void {
    this.card.element.hidden = true;
    this.list.hidden = false;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.find(), PAUSE);
  }

  private typed(event: KeyboardEvent): void {
    const first = this.list.querySelector<HTMLElement>("button");
    if (event.key === "ArrowDown") {
      event.preventDefault();
      first?.focus();
    } else if (event.key === "Enter") first?.click();
  }

  private async find(): Promise<void> {
    const words = this.words.value.trim();
    const number = ++this.asked;
    try {
      if (words) {
        const found = await look<{ tables: TableHit[]; meant: string | null }>("tables", { words });
        if (number === this.asked) this.showHits(found.tables, found.meant ? `Read as “${found.meant}”` : "");
      } else {
        const found = await look<{ services: { name: string; count: number }[] }>("tables");
        if (number === this.asked) this.showServices(found.services);
      }
    } catch (error) {
      if (error instanceof Refused) fill(this.list, h("p", { class: "bad pad" }, error.message, " ", error.problem.hint ?? ""));
    }
  }

  private showHits(tables: TableHit[], note: string): void {
    const none = h("p", { class: "soft pad" }, "Nothing is about these words. Try others, or a service's name.");
    fill(this.list, note ? h("p", { class: "soft pad" }, note) : null, tables.length ? this.hits(tables) : none);
  }

  private hits(tables: TableHit[]): HTMLElement {
    return h(
      "ul",
      { class: "hits", onkeydown: (event: KeyboardEvent) => walk(event, this.words) },
      ...tables.map((hit) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "hit", onclick: () => void this.open(hit.name) },
            h("code", {}, h("span", { class: "soft" }, "aws."), hit.name.replace(/^aws\./, "")),
            h("small", {}, hit.columns.length ? hit.columns.join(", ") : hit.title),
          ),
        ),
      ),
    );
  }

  private showServices(services: { name: string; count: number }[]): void {
    const kept = [...this.favourites].sort().map((name) => ({ name, title: "", columns: [] }));
    fill(
      this.list,
      kept.length ? h("h2", {}, "Favourites") : null,
      kept.length ? this.hits(kept) : null,
      h("h2", {}, this.title, h("small", {}, ` ${services.length} services`)),
      h(
        "ul",
        { class: "services", onkeydown: (event: KeyboardEvent) => walk(event, this.words) },
        ...services.map((service) => this.service(service.name, service.count)),
      ),
    );
  }

  private service(name: string, count: number): HTMLElement {
    const inside = h("div", { hidden: true });
    const button = h("button", { type: "button", class: "service", "aria-expanded": "false" }, icon("more"), h("span", {}, name), h("small", {}, String(count)));
    button.addEventListener("click", () => {
      const opens = button.getAttribute("aria-expanded") === "false";
      button.setAttribute("aria-expanded", String(opens));
      inside.hidden = !opens;
      if (opens && !inside.childElementCount) {
        void look<{ tables: TableHit[] }>("tables", { service: name }).then((found) => fill(inside, this.hits(found.tables)));
      }
    });
    return h("li", {}, button, inside);
  }

  async open(name: string): Promise<void> {
    this.list.hidden = true;
    this.card.element.hidden = false;
    await this.card.open(name);
  }

  private keep(name: string): void {
    if (!this.favourites.delete(name)) this.favourites.add(name);
    localStorage.setItem(KEPT, JSON.stringify([...this.favourites]));
    if (!this.words.value) void this.find();
  }
}

/** Up and down in a list of buttons; up from the first is where one searches. */
function walk(event: KeyboardEvent, above: HTMLElement): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const list = (event.currentTarget as HTMLElement).closest(".found") ?? (event.currentTarget as HTMLElement);
  const every = [...list.querySelectorAll<HTMLElement>("button")].filter((one) => one.offsetParent);
  const next = every.indexOf(document.activeElement as HTMLElement) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  (next < 0 ? above : every[next])?.focus();
}
