// The rows of a result: as many as there are, of which those in sight are there.

import { look } from "./api";
import type { Cell, ColumnOfResult, RowPage, Total } from "./api";
import { copyText, counted, fill, h, icon, say } from "./dom";

const HEIGHT = 28;
const PAGE = 200;
const MOST_PAGES = 60;
const MOST_COPIED = 1000;
const TALLEST = 12_000_000;
const NUMBERS = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w+INT|FLOAT|DOUBLE|DECIMAL|NUMERIC)/;

export interface GridEvents {
  open(row: number, column: number, order: Record<string, string | number>): void;
  /** How many rows there are, or of those that were filtered. */
  counted(text: string): void;
  /** Shows how a row came to be as it is. */
  history(row: number, order: Record<string, string | number>): void;
  /** Filters by these words. */
  only(words: string): void;
}

export class Grid {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "gridhead", role: "row" });
  private readonly body = h("div", { class: "gridbody", role: "rowgroup" });
  private readonly canvas = h("div", { class: "gridcanvas" }, h("div", { class: "gridtop", role: "rowgroup" }, this.head), this.body);
  private readonly pages = new Map<number, Cell[][]>();
  private readonly asked = new Map<number, AbortController>();
  private readonly lines = new Map<number, HTMLElement>();
  private run = "";
  private columns: ColumnOfResult[] = [];
  private widths: number[] = [];
  private total = 0;
  private all = 0;
  private sort = -1;
  private descending = false;
  private words = "";
  private row = 0;
  private column = 0;
  private from: [number, number] | null = null;
  private readonly pinned = new Set<number>();
  private readonly foot = h("div", { class: "gridfoot", hidden: true, role: "rowgroup" });
  private totals = false;
  private isCounted = true;
  private generation = 0;
  private drawn = 0;
  private sized = false;

  constructor(private readonly events: GridEvents) {
    this.element = h(
      "div",
      {
        class: "grid",
        role: "grid",
        tabindex: 0,
        "aria-label": "Rows",
        onscroll: () => this.soon(),
        onkeydown: (event: KeyboardEvent) => this.typed(event),
        onclick: (event: MouseEvent) => this.clicked(event),
        ondblclick: () => this.open(),
      },
      this.canvas,
      this.foot,
    );
    new ResizeObserver(() => this.soon()).observe(this.element);
  }

  /** Another result, of which nothing is there yet. */
  begin(run: string): void {
    this.run = run;
    this.columns = [];
    this.all = 0;
    this.sort = -1;
    this.words = "";
    this.sized = false;
    this.from = null;
    this.pinned.clear();
    this.element.scrollTo(0, 0);
    fill(this.head);
    this.again(0);
  }

  /** What there is now: more rows than before, or the first. */
  update(columns: ColumnOfResult[], rows: number): void {
    if (columns.length && !this.columns.length) {
      this.columns = columns;
      this.widths = columns.map((c) => Math.min(260, Math.max(96, c.name.length * 8 + 40)));
      this.showHead();
    }
    if (rows === this.all) return;
    this.all = rows;
    if (this.words || this.sort >= 0) this.again(rows);
    else {
      this.forget(Math.floor(this.total / PAGE));
      this.total = rows;
      this.resize();
    }
    void this.sum();
    this.soon();
  }

  filter(words: string): void {
    this.words = words;
    this.element.scrollTop = 0;
    this.again(this.all);
    this.soon();
  }

  get order(): Record<string, string | number> {
    return { sort: this.sort < 0 ? "" : String(this.sort), descending: this.descending ? "1" : "0", words: this.words };
  }

  /** The column that rows are sorted by, as a link says it. */
  get sorting(): Record<string, string> {
    return this.sort < 0 ? {} : { sort: this.nameOf(this.sort), ...(this.descending ? { descending: "1" } : {}) };
  }

  /** Sorts by a column of this name, where there is one. */
  sortAs(name: string, descending: boolean): void {
    const column = this.columns.findIndex((c) => c.name === name);
    if (column < 0) return;
    [this.sort, this.descending] = [column, descending];
    this.showHead();
    this.again(this.all);
    this.soon();
  }

  nameOf(column: number): string {
    return this.columns[column]?.name ?? "";
  }

  /** Asks for the rows anew: as many as there may be, until an answer says how many there are. */
  private again(total: number): void {
    this.generation++;
    this.isCounted = !this.words;
    void this.sum();
    for (const abort of this.asked.values()) abort.abort();
    this.asked.clear();
    this.pages.clear();
    this.total = total;
    for (const line of this.lines.values()) line.remove();
    this.lines.clear();
    this.resize();
  }

  /** A page that was not full when it was read. */
  private forget(page: number): void {
    this.pages.delete(page);
    this.asked.get(page)?.abort();
    this.asked.delete(page);
    for (const [number, line] of this.lines) {
      if (Math.floor(number / PAGE) === page) {
        line.remove();
        this.lines.delete(number);
      }
    }
  }

  // Where things are. Browsers have a tallest height: beyond it, a step of the bar is more than a row.

  private get scale(): number {
    return Math.max(1, (this.total * HEIGHT) / TALLEST);
  }

  private get first(): number {
    const top = this.element.scrollTop;
    const room = Math.max(1, this.canvas.offsetHeight - this.element.clientHeight);
    if (this.scale === 1) return Math.floor(top / HEIGHT);
    return Math.floor(Math.min(1, top / room) * Math.max(0, this.total - this.visible + 2));
  }

  private get visible(): number {
    return Math.ceil((this.element.clientHeight - HEIGHT) / HEIGHT) + 1;
  }

  private resize(): void {
    this.events.counted(!this.isCounted ? "filtering …" : this.words ? `${this.total.toLocaleString("en-US")} of ${counted(this.all, "row")}` : "");
    this.canvas.style.height = `${Math.min(TALLEST, this.total * HEIGHT) + HEIGHT + 8}px`;
    for (const place of [this.canvas, this.foot]) place.style.setProperty("--cells", this.widths.map((w) => `${w}px`).join(" "));
    this.canvas.style.width = `${this.widths.reduce((sum, w) => sum + w, 0)}px`;
    this.element.setAttribute("aria-rowcount", String(this.total + 1));
    this.element.setAttribute("aria-colcount", String(this.columns.length));
  }

  private soon(): void {
    if (!this.drawn) this.drawn = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.drawn = 0;
    const first = Math.max(0, this.first);
    const last = Math.min(this.total, first + this.visible + 1);
    const offset = this.scale === 1 ? 0 : this.element.scrollTop - first * HEIGHT;
    for (const [number, line] of this.lines) {
      if (number < first - 8 || number >= last + 8 || number >= this.total) {
        line.remove();
        this.lines.delete(number);
      }
    }
    for (let number = first; number < last; number++) {
      let line = this.lines.get(number);
      const cells = this.pages.get(Math.floor(number / PAGE))?.[number % PAGE];
      if (!line || (cells && line.classList.contains("waiting"))) {
        line?.remove();
        line = this.line(number, cells);
        this.lines.set(number, line);
        this.body.append(line);
      }
      line.style.transform = `translateY(${number * HEIGHT + offset}px)`;
    }
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) void this.fetch(page);
    this.mark();
  }

  private async fetch(page: number): Promise<void> {
    if (!this.run || this.pages.has(page) || this.asked.has(page)) return;
    const abort = new AbortController();
    const generation = this.generation;
    this.asked.set(page, abort);
    try {
      const found = await look<RowPage>("rows", { run: this.run, from: page * PAGE, count: PAGE, ...this.order }, abort.signal);
      if (generation !== this.generation || this.asked.get(page) !== abort) return;
      this.pages.set(page, found.rows);
      if ((found.total !== this.total || !this.isCounted) && (this.words || this.sort >= 0)) {
        this.total = found.total;
        this.isCounted = true;
        this.resize();
      }
      if (!this.sized && found.rows.length) this.fit(found.rows);
      const oldest = this.pages.keys().next().value;
      if (this.pages.size > MOST_PAGES && oldest !== undefined) this.pages.delete(oldest);
    } catch {
      return;
    } finally {
      if (this.asked.get(page) === abort) this.asked.delete(page);
    }
    this.soon();
  }

  /** Columns as wide as what is in them, as far as there is room. */
  private fit(rows: Cell[][]): void {
    this.sized = true;
    this.widths = this.columns.map((column, n) => {
      const longest = rows.slice(0, 100).reduce((most, row) => Math.max(most, shown(row[n] ?? null).length), 0);
      return Math.round(Math.min(420, Math.max(column.name.length * 8 + column.type.length * 6.8 + 36, longest * 7.6 + 28, 64)));
    });
    const left = this.element.clientWidth - 14 - this.widths.reduce((sum, w) => sum + w, 0);
    if (left > 0 && this.widths.length) this.widths = this.widths.map((w) => w + Math.min(80, Math.floor(left / this.widths.length)));
    this.resize();
  }

  private line(number: number, cells: Cell[] | undefined): HTMLElement {
    const line = h("div", { class: cells ? "line" : "line waiting", role: "row", "aria-rowindex": number + 2 });
    line.classList.toggle("even", number % 2 === 1);
    this.columns.forEach((column, n) => {
      const value = cells?.[n];
      const cut = Array.isArray(value);
      const names = ["cell", value === null ? "null" : "", NUMBERS.test(column.type) ? "right" : "", cut ? "cut" : ""].filter(Boolean).join(" ");
      const cell = h("div", { class: names, role: "gridcell", id: `c${number}-${n}`, "aria-colindex": n + 1, "data-row": number, "data-column": n }, cells ? shown(value ?? null) : "");
      this.pin(cell, n);
      line.append(cell);
    });
    return line;
  }

  private showHead(): void {
    fill(
      this.head,
      ...this.columns.map((column, n) => {
        const direction = this.sort !== n ? "none" : this.descending ? "descending" : "ascending";
        const button = h("button", { type: "button", tabindex: -1, class: "sorter", title: `${column.name} ${column.type}: click to sort`, onclick: () => this.sortBy(n) }, column.name, h("small", {}, column.type.toLowerCase()));
        const menu = h("button", { type: "button", tabindex: -1, class: "columnmenu", "aria-label": `More on ${column.name}`, title: "Pin, copy, filter", onclick: (event: MouseEvent) => this.menu(event, n) }, icon("more"));
        const grip = h("span", { class: "grip", onpointerdown: (event: PointerEvent) => this.drag(event, n) });
        const head = h("div", { class: NUMBERS.test(column.type) ? "column right" : "column", role: "columnheader", "aria-sort": direction, "aria-colindex": n + 1 }, button, menu, grip);
        this.pin(head, n);
        return head;
      }),
    );
  }

  /** Cells of pinned columns stay where they are while the others are scrolled. */
  private pin(cell: HTMLElement, column: number): void {
    cell.classList.toggle("pinned", this.pinned.has(column));
    if (!this.pinned.has(column)) return;
    const left = [...this.pinned].filter((n) => n < column).reduce((sum, n) => sum + (this.widths[n] ?? 0), 0);
    cell.style.left = `${left}px`;
  }

  private togglePin(column: number): void {
    if (!this.pinned.delete(column)) this.pinned.add(column);
    this.showHead();
    for (const line of this.lines.values()) line.remove();
    this.lines.clear();
    this.resize();
    void this.sum();
    this.soon();
  }

  /** What can be done with a column, by a click on its head or by M. */
  private menu(event: Event, column: number): void {
    event.stopPropagation();
    document.querySelector(".gridmenu")?.remove();
    const name = this.nameOf(column);
    const item = (text: string, done: () => void): HTMLElement =>
      h("button", { type: "button", role: "menuitem", onclick: () => (away(), this.element.focus(), done()) }, text);
    let isGone = false;
    const away = (): void => {
      if (isGone) return;
      isGone = true; // Taking it away takes the focus out of it, which would take it away again.
      menu.remove();
    };
    const menu = h(
      "div",
      { class: "gridmenu menulist", role: "menu", "aria-label": name },
      item(this.pinned.has(column) ? "Unpin" : "Pin", () => this.togglePin(column)),
      item("Filter this column", () => this.events.only(`${name}:`)),
      item("Copy the column", () => void this.copy(0, this.total - 1, column, column)),
      item("History of the row", () => this.events.history(this.row, this.order)),
    );
    const at = (event.currentTarget as HTMLElement).getBoundingClientRect();
    document.body.append(menu);
    menu.style.setProperty("left", `${Math.max(4, Math.min(at.left, innerWidth - menu.offsetWidth - 4))}px`);
    menu.style.setProperty("top", `${Math.min(at.bottom + 2, innerHeight - menu.offsetHeight - 4)}px`);
    menu.addEventListener("keydown", (key) => {
      const items = [...menu.querySelectorAll<HTMLElement>("button")];
      const step = key.key === "ArrowDown" ? 1 : key.key === "ArrowUp" ? -1 : 0;
      if (step) items[(items.indexOf(document.activeElement as HTMLElement) + step + items.length) % items.length]?.focus();
      else if (key.key === "Escape") (away(), this.element.focus());
      else return;
      key.preventDefault();
      key.stopPropagation();
    });
    menu.addEventListener("focusout", (left) => {
      if (!menu.contains(left.relatedTarget as Node | null)) away();
    });
    menu.querySelector<HTMLElement>("button")?.focus();
  }

  /** Copies cells as lines with tabs, as spreadsheets take them; at most as many rows as the server gives at once. */
  private async copy(first: number, last: number, left: number, right: number): Promise<void> {
    const count = Math.min(MOST_COPIED, last - first + 1);
    const found = await look<RowPage>("rows", { run: this.run, from: first, count, ...this.order });
    const lines = found.rows.map((row) => row.slice(left, right + 1).map((cell) => (cell === null ? "" : shown(cell).replaceAll(/[\t\n]/g, " "))).join("\t"));
    await copyText(lines.join("\n"));
    const more = last - first + 1 > count ? `the first ${counted(count, "row")}` : counted(lines.length, "row");
    say(`Copied ${more}`);
  }

  /** Shows or hides what the columns come to. */
  showTotals(shown: boolean): void {
    this.totals = shown;
    void this.sum();
  }

  private async sum(): Promise<void> {
    this.foot.hidden = !this.totals || !this.run || !this.columns.length;
    if (this.foot.hidden) return;
    const generation = this.generation;
    const found = await look<{ totals: Total[] }>("totals", { run: this.run, ...this.order }).catch(() => ({ totals: [] }));
    if (generation !== this.generation) return;
    const cells = found.totals.map((t, n) => {
      const parts = [t.sum === undefined ? "" : `Σ ${t.sum}`, t.mean === undefined ? "" : `mean ${short(t.mean)}`, t.least === undefined ? "" : `${short(t.least)} … ${short(t.largest ?? "")}`, t.different === undefined ? "" : `${t.different.toLocaleString("en-US")} different`, t.nulls ? `${t.nulls.toLocaleString("en-US")} NULL` : ""];
      const cell = h("div", { class: "totals", role: "gridcell", title: parts.filter(Boolean).join("\n") }, ...parts.filter(Boolean).map((part) => h("small", {}, part)));
      this.pin(cell, n);
      return cell;
    });
    fill(this.foot, h("div", { class: "line", role: "row", "aria-label": "Totals" }, ...cells));
  }

  private sortBy(column: number): void {
    if (this.sort !== column) [this.sort, this.descending] = [column, false];
    else if (!this.descending) this.descending = true;
    else this.sort = -1;
    this.showHead();
    this.element.scrollTop = 0;
    this.again(this.all);
    this.soon();
  }

  private drag(event: PointerEvent, column: number): void {
    event.preventDefault();
    const from = event.clientX - (this.widths[column] ?? 0);
    const move = (moved: PointerEvent): void => {
      this.widths[column] = Math.max(48, moved.clientX - from);
      this.resize();
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => window.removeEventListener("pointermove", move), { once: true });
  }

  // One cell is the one that keys are about.

  private mark(): void {
    this.body.querySelector(".here")?.classList.remove("here");
    const cell = document.getElementById(`c${this.row}-${this.column}`);
    cell?.classList.add("here");
    const [row, column] = this.from ?? [this.row, this.column];
    for (const line of this.lines.values()) {
      for (const each of line.children as HTMLCollectionOf<HTMLElement>) {
        const [r, c] = [Number(each.dataset["row"]), Number(each.dataset["column"])];
        const within = this.from !== null && r >= Math.min(row, this.row) && r <= Math.max(row, this.row) && c >= Math.min(column, this.column) && c <= Math.max(column, this.column);
        each.classList.toggle("selected", within);
      }
    }
    if (cell) this.element.setAttribute("aria-activedescendant", cell.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private clicked(event: MouseEvent): void {
    const cell = (event.target as HTMLElement).closest<HTMLElement>(".cell");
    if (!cell) return;
    if (event.shiftKey) this.from ??= [this.row, this.column];
    else this.from = null;
    this.row = Number(cell.dataset["row"]);
    this.column = Number(cell.dataset["column"]);
    this.mark();
    if (cell.classList.contains("cut")) this.open();
  }

  private open(): void {
    if (this.total) this.events.open(this.row, this.column, this.order);
  }

  private typed(event: KeyboardEvent): void {
    const page = Math.max(1, this.visible - 2);
    const all = event.ctrlKey || event.metaKey;
    const steps: Record<string, [number, number]> = {
      ArrowDown: [1, 0],
      ArrowUp: [-1, 0],
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      PageDown: [page, 0],
      PageUp: [-page, 0],
      Home: [all ? -Infinity : 0, -Infinity],
      End: [all ? Infinity : 0, Infinity],
    };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      if (event.shiftKey) this.from ??= [this.row, this.column];
      else this.from = null;
      this.row = Math.max(0, Math.min(this.total - 1, this.row + step[0]));
      this.column = Math.max(0, Math.min(this.columns.length - 1, this.column + step[1]));
      this.reveal();
    } else if (event.key === "Enter") this.open();
    else if (event.key === "h" && !all) this.events.history(this.row, this.order);
    else if (event.key === "p" && !all) this.togglePin(this.column);
    else if (event.key === "a" && all) {
      event.preventDefault();
      this.from = [0, 0];
      [this.row, this.column] = [Math.max(0, this.total - 1), this.columns.length - 1];
      this.draw();
    }
    else if (event.key === "s" && !all) this.sortBy(this.column);
    else if (event.key === "c" && all && this.from) {
      const [row, column] = this.from;
      void this.copy(Math.min(row, this.row), Math.max(row, this.row), Math.min(column, this.column), Math.max(column, this.column));
    } else if (event.key === "c" && all && !window.getSelection()?.toString()) {
      const cell = this.pages.get(Math.floor(this.row / PAGE))?.[this.row % PAGE]?.[this.column];
      void navigator.clipboard.writeText(shown(cell ?? null)).then(() => say("Copied the cell"));
    }
  }

  private reveal(): void {
    const first = this.first;
    const room = this.visible - 2;
    if (this.row < first || this.row >= first + room) {
      const wanted = this.row < first ? this.row : this.row - room + 1;
      const height = this.canvas.offsetHeight - this.element.clientHeight;
      this.element.scrollTop = this.scale === 1 ? wanted * HEIGHT : (wanted / Math.max(1, this.total - this.visible + 2)) * height;
    }
    const left = this.widths.slice(0, this.column).reduce((sum, w) => sum + w, 0);
    const width = this.widths[this.column] ?? 0;
    if (left < this.element.scrollLeft) this.element.scrollLeft = left;
    else if (left + width > this.element.scrollLeft + this.element.clientWidth) this.element.scrollLeft = left + width - this.element.clientWidth;
    this.draw();
  }
}

function short(text: string): string {
  return text.length > 22 ? `${text.slice(0, 20)}…` : text;
}

function shown(cell: Cell): string {
  return cell === null ? "NULL" : Array.isArray(cell) ? `${cell[0]}…` : cell;
}
