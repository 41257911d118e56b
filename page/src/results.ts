// What a statement gave: its rows as they come, what could not be read and what would mend that, and the way there.

import { Refused, act, look, news } from "./api";
import type { Failure, News, Problem } from "./api";
import { showCell } from "./cellview";
import { copyText, counted, fill, h, icon } from "./dom";
import { Grid } from "./grid";

export type View = "rows" | "failures";

export interface ResultEvents {
  /** Says whether something runs. */
  running(runs: boolean): void;
  example(sql: string, title: string): void;
}

export class ResultPane {
  readonly element: HTMLElement;
  private readonly status = h("div", { class: "status", role: "status", "aria-live": "polite" });
  private readonly grid: Grid;
  private readonly failures = h("div", { class: "failures", role: "tabpanel", id: "panel-failures", hidden: true, tabindex: 0 });
  private readonly rows: HTMLElement;
  private readonly error = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly notices = h("ul", { class: "notices", hidden: true });
  private readonly empty = h("div", { class: "empty" });
  private readonly progress = h("div", { class: "progress", hidden: true }, h("span"));
  private readonly tabs: Record<View, HTMLButtonElement>;
  private readonly words = h("input", { type: "search", placeholder: "Filter rows", "aria-label": "Filter rows", oninput: () => this.filter() });
  private readonly matches = h("span", { class: "matches soft", role: "status" });
  private timer = 0;
  private run = "";
  private asked = 0;

  constructor(
    private readonly events: ResultEvents,
    private readonly examples: { title: string; sql: string }[],
  ) {
    this.grid = new Grid({
      open: (row, column, order) => void this.open(row, column, order),
      counted: (text) => fill(this.matches, text),
    });
    this.tabs = { rows: this.tab("rows", "Rows"), failures: this.tab("failures", "Not read") };
    this.rows = h("div", { class: "rows", role: "tabpanel", id: "panel-rows", "aria-labelledby": "tab-rows" }, this.grid.element);
    this.failures.setAttribute("aria-labelledby", "tab-failures");
    this.element = h(
      "section",
      { class: "result", "aria-label": "Result" },
      h("div", { class: "resultbar" }, h("div", { class: "views", role: "tablist", "aria-label": "Result" }, ...Object.values(this.tabs)), this.words, this.matches, this.status),
      this.progress,
      this.error,
      this.notices,
      this.empty,
      this.rows,
      this.failures,
    );
    this.clear();
  }

  private tab(view: View, name: string): HTMLButtonElement {
    return h("button", { type: "button", role: "tab", id: `tab-${view}`, "aria-controls": `panel-${view}`, onclick: () => this.show(view) }, name);
  }

  show(view: View): void {
    for (const [name, tab] of Object.entries(this.tabs)) {
      tab.setAttribute("aria-selected", String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
    }
    this.rows.hidden = view !== "rows";
    this.failures.hidden = view !== "failures";
    this.words.hidden = view !== "rows";
  }

  clear(): void {
    this.run = "";
    this.asked++;
    this.grid.begin("");
    this.tabs.failures.hidden = true;
    this.show("rows");
    this.words.hidden = this.rows.hidden = this.error.hidden = this.notices.hidden = this.progress.hidden = true;
    this.empty.hidden = false;
    fill(
      this.empty,
      h("p", {}, "Rows come here. ", h("span", { class: "soft" }, "Ctrl+Enter runs the statement at the cursor, or what is selected.")),
      h("div", { class: "examples" }, ...this.examples.map((e) => h("button", { type: "button", class: "example", title: e.sql, onclick: () => this.events.example(e.sql, e.title) }, icon("play"), e.title))),
    );
    fill(this.status);
  }

  async cancel(): Promise<void> {
    if (this.run) await act("cancel", { run: this.run });
  }

  /** Runs a statement, and shows what comes of it as it comes. */
  async start(editor: string, text: string, position: number, begins: (run: string) => void): Promise<void> {
    const number = ++this.asked;
    this.events.running(true);
    this.empty.hidden = this.error.hidden = this.notices.hidden = true;
    this.rows.hidden = false;
    this.words.value = "";
    this.tabs.failures.hidden = true;
    this.show("rows");
    fill(this.status, "asking …");
    try {
      const begun = await act<{ run: string }>("run", { editor, text, position });
      this.run = begun.run;
      begins(begun.run);
      this.grid.begin(begun.run);
      for await (const told of news(begun.run)) {
        if (number !== this.asked) return;
        this.take(told);
      }
    } catch (error) {
      if (number === this.asked && error instanceof Refused) this.fail(error.problem);
    } finally {
      if (number === this.asked) this.events.running(false);
    }
  }

  /** Shows a result that is there already: of a tab that one comes back to. */
  async again(run: string): Promise<void> {
    const number = ++this.asked;
    this.run = run;
    this.empty.hidden = true;
    this.grid.begin(run);
    this.show("rows");
    try {
      for await (const told of news(run)) {
        if (number !== this.asked) return;
        this.events.running(told.state === "running");
        this.take(told);
      }
    } catch {
      if (number === this.asked) this.clear();
    }
  }

  private take(told: News): void {
    this.grid.update(told.columns, told.rows);
    const runs = told.state === "running";
    this.progress.hidden = !runs;
    fill(this.status, ...(runs ? this.underWay(told) : this.ended(told)));
    this.words.hidden = !told.columns.length || this.rows.hidden;
    if (runs) return;
    const failures = told.failures ?? [];
    this.tabs.failures.hidden = !failures.length;
    fill(this.tabs.failures, "Not read ", h("span", { class: "count" }, String(new Set(failures.flatMap((f) => f.places)).size)));
    fill(this.failures, ...failures.map(failure));
    const notices = told.notices ?? [];
    this.notices.hidden = !notices.length;
    fill(this.notices, ...notices.map((text) => h("li", {}, text)));
    if (told.error) this.fail(told.error, told.rows > 0);
    else if (!told.rows) this.none(told.columns.length > 0);
  }

  private none(hasColumns: boolean): void {
    this.empty.hidden = false;
    this.words.hidden = true;
    this.rows.hidden = true;
    fill(this.empty, h("p", {}, hasColumns ? "No rows." : "Done."));
  }

  private fail(problem: Problem, hasRows = false): void {
    this.progress.hidden = true;
    this.error.hidden = false;
    this.rows.hidden = this.words.hidden = !hasRows;
    fill(
      this.error,
      h("p", {}, h("b", {}, problem.message)),
      problem.failure ? h("p", {}, h("code", {}, problem.failure)) : null,
      problem.hint ? h("p", {}, problem.hint) : null,
      problem.sqlstate ? h("small", {}, `SQLSTATE ${problem.sqlstate}`) : null,
    );
    if (!this.run) fill(this.status);
  }

  private underWay(told: News): (Node | string)[] {
    const calls = told.scans.reduce((sum, scan) => sum + scan.calls, 0);
    const open = told.scans.filter((scan) => !scan.done).map((scan) => scan.table);
    return [`${counted(told.rows, "row")} · ${counted(calls, "call")} · ${told.seconds.toFixed(1)} s`, open.length ? h("span", { class: "soft" }, ` reading ${open.join(", ")}`) : ""];
  }

  private ended(told: News): (Node | string)[] {
    const calls = Object.values(told.calls ?? {}).reduce((sum, count) => sum + count, 0);
    const failures = told.failures ?? [];
    const lines = Object.entries(told.calls ?? {}).map(([name, count]) => `${name}: ${count}`);
    const how = told.state === "cancelled" ? "cancelled" : told.state === "failed" ? "failed" : failures.length ? "not complete" : "complete";
    const facts = h("span", { title: lines.join("\n") }, `${counted(told.rows, "row")} · ${counted(calls, "call")} · ${told.seconds.toFixed(told.seconds < 10 ? 2 : 1)} s`);
    const badge = h("button", { type: "button", class: `badge ${how.replace(" ", "-")}`, disabled: !failures.length, onclick: () => this.show("failures") }, how);
    return [facts, badge];
  }

  private filter(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.grid.filter(this.words.value.trim()), 200);
  }

  private async open(row: number, column: number, order: Record<string, string | number>): Promise<void> {
    const found = await look<{ value: string | null }>("cell", { run: this.run, from: row, column, ...order });
    showCell(this.grid.nameOf(column), found.value, () => this.grid.element.focus());
  }
}

function failure(told: Failure): HTMLElement {
  const places = told.places.join(", ") + (told.more ? ` and ${told.more} more` : "");
  const policy = told.policy;
  return h(
    "article",
    { class: "failure" },
    h("h3", {}, h("code", {}, told.operation), " ", told.code),
    h("p", { class: "places" }, places),
    h("p", {}, told.message),
    told.columns.length ? h("p", { class: "soft" }, `NULL there: ${told.columns.join(", ")}`) : null,
    h("p", { class: "advice" }, told.advice),
    policy ? h("pre", { tabindex: 0 }, policy) : null,
    policy ? h("button", { type: "button", onclick: () => void copyText(policy) }, icon("copy"), "Copy the policy") : null,
  );
}
