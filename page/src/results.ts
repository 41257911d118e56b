// What a statement gave: its rows as they come, what could not be read and what would mend that, and the way there.

import { Refused, act, look, news } from "./api";
import type { Estimate, News, Problem } from "./api";
import { CallGraph } from "./callgraph";
import { showCell } from "./cellview";
import { ChangesView } from "./changes";
import { ChartView } from "./chartview";
import { counted, fill, h, icon } from "./dom";
import { failure } from "./failures";
import { Grid } from "./grid";
import { saveMenu } from "./savemenu";
import type { Settings } from "./sharing";
import { TimeBar } from "./timebar";
import { DifferencesView, showTimeline } from "./versions";

export type View = "rows" | "chart" | "calls" | "changes" | "differences" | "failures";

export interface ResultEvents {
  /** Says whether something runs. */
  running(runs: boolean): void;
  /** A statement has ended, and is in the past now. */
  ended(): void;
  example(sql: string, title: string): void;
  /** Runs a statement that looks at the past, in an editor of its own. */
  look(sql: string, title: string): void;
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
  private readonly chart = new ChartView();
  private readonly graph = new CallGraph();
  private readonly time: TimeBar;
  private last: (() => Promise<string>) | undefined;
  private moment = "";
  private readonly changes: ChangesView;
  private readonly differences: DifferencesView;
  private readonly tabs: Record<View, HTMLButtonElement>;
  private readonly panels: Record<View, HTMLElement>;
  private readonly save: HTMLElement;
  private view: View = "rows";
  private readonly words = h("input", { type: "search", placeholder: "Filter rows", "aria-label": "Filter rows", oninput: () => this.filter() });
  private readonly matches = h("span", { class: "matches soft", role: "status" });
  private readonly sums = h("button", { type: "button", class: "square", "aria-pressed": "false", "aria-label": "Totals", title: "Totals of the columns", onclick: () => this.total() }, icon("sum"));
  private timer = 0;
  private editor = "";
  private run = "";
  private asked = 0;
  private hasRows = false;

  constructor(
    private readonly events: ResultEvents,
    private readonly examples: { title: string; sql: string }[],
    writable: boolean,
  ) {
    this.changes = new ChangesView(writable);
    this.differences = new DifferencesView((sql, title) => events.look(sql, title));
    this.time = new TimeBar({ read: (moment) => void this.travel(moment), compare: (editor, tables, moments, moment) => this.compare(editor, tables, moments, moment) });
    this.save = saveMenu((kind) => `/api/download?${new URLSearchParams({ run: this.run, format: kind, ...asTexts(this.grid.order) })}`);
    this.grid = new Grid({
      open: (row, column, order) => void this.open(row, column, order),
      counted: (text) => fill(this.matches, text),
      history: (row, order) => this.history(row, order),
      only: (words) => this.only(words),
    });
    this.tabs = {
      rows: this.tab("rows", "Rows"),
      chart: this.tab("chart", "Chart"),
      calls: this.tab("calls", "Calls"),
      changes: this.tab("changes", "Changes"),
      differences: this.tab("differences", "Differences"),
      failures: this.tab("failures", "Not read"),
    };
    this.rows = h("div", { class: "rows", role: "tabpanel", id: "panel-rows", "aria-labelledby": "tab-rows" }, this.grid.element);
    this.failures.setAttribute("aria-labelledby", "tab-failures");
    this.panels = { rows: this.rows, chart: this.chart.element, calls: this.graph.element, changes: this.changes.element, differences: this.differences.element, failures: this.failures };
    this.element = h(
      "section",
      { class: "result", "aria-label": "Result" },
      h("div", { class: "resultbar" }, h("div", { class: "views", role: "tablist", "aria-label": "Result", onkeydown: (event: KeyboardEvent) => this.typed(event) }, ...Object.values(this.tabs)), this.words, this.matches, this.sums, this.save, this.status),
      this.progress,
      this.time.element,
      this.error,
      this.notices,
      this.empty,
      ...Object.values(this.panels),
    );
    this.clear();
  }

  private tab(view: View, name: string): HTMLButtonElement {
    return h("button", { type: "button", role: "tab", id: `tab-${view}`, "aria-controls": `panel-${view}`, onclick: () => this.show(view) }, name);
  }

  show(view: View): void {
    this.view = view;
    for (const [name, tab] of Object.entries(this.tabs)) {
      tab.setAttribute("aria-selected", String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
    }
    for (const [name, panel] of Object.entries(this.panels)) panel.hidden = name !== view;
    this.sums.hidden = this.words.hidden = this.matches.hidden = this.save.hidden = view !== "rows" || !this.hasRows;
    this.empty.hidden = view !== "rows" || this.hasRows || !this.empty.childElementCount;
    this.rows.hidden = view !== "rows" || !this.hasRows;
    if (view === "chart") void this.chart.show(this.run);
  }

  /** What the statement at the cursor would ask. */
  foretell(estimate: Estimate): void {
    this.graph.plan(estimate);
  }

  private typed(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const shown = (Object.keys(this.tabs) as View[]).filter((name) => !this.tabs[name].hidden);
    const next = shown[(shown.indexOf(this.view) + step + shown.length) % shown.length];
    if (!step || !next) return;
    event.preventDefault();
    this.show(next);
    this.tabs[next].focus();
  }

  clear(): void {
    this.moment = "";
    this.blank();
    this.events.running(false); // What was followed is not any more, and runs on by itself.
    fill(
      this.empty,
      h("p", {}, "Rows come here. ", h("span", { class: "soft" }, "Run, or Ctrl+Enter, asks the statement at the cursor, or what is selected.")),
      h("div", { class: "examples" }, ...this.examples.map((e) => h("button", { type: "button", class: "example", title: e.sql, onclick: () => this.events.example(e.sql, e.title) }, icon("play"), e.title))),
    );
    this.show("rows");
  }

  /** Nothing of what was there. */
  private blank(): void {
    this.run = "";
    this.asked++;
    this.hasRows = false;
    if (!this.moment) this.time.element.hidden = true;
    this.grid.begin("");
    this.graph.begin();
    this.words.value = "";
    this.error.hidden = this.notices.hidden = this.progress.hidden = true;
    for (const view of ["chart", "changes", "differences", "failures"] as const) this.tabs[view].hidden = true;
    fill(this.empty);
    fill(this.status);
  }

  async cancel(): Promise<void> {
    if (this.run) await act("cancel", { run: this.run });
  }

  /** Runs a statement, and shows what comes of it as it comes. */
  async start(editor: string, text: string, position: number, begins: (run: string) => void, settings: Settings = {}): Promise<void> {
    this.moment = settings["moment"] ?? "";
    this.editor = editor;
    let isChange = false;
    this.last = async () => {
      const begun = await act<{ run?: string }>("run", { editor, text, position, moment: this.moment });
      isChange = !begun.run;
      if (!begun.run) throw new Error("it is planned instead");
      begins(begun.run);
      return begun.run;
    };
    const number = this.asked + 1;
    await this.follow(this.last);
    if (isChange) await this.plan(editor, text, position);
    else if (number === this.asked && this.hasRows) {
      this.arrange(settings);
      await this.time.about(editor, text, position, this.moment);
    }
  }

  /** How the rows are looked at now. */
  get settings(): Settings {
    const words = this.words.value.trim();
    return {
      ...this.grid.sorting,
      ...(words ? { filter: words } : {}),
      ...(this.view === "chart" ? { view: "chart", ...this.chart.settings } : {}),
      ...(this.moment ? { moment: this.moment } : {}),
    };
  }

  private arrange(settings: Settings): void {
    if (settings["sort"]) this.grid.sortAs(settings["sort"], settings["descending"] === "1");
    if (settings["filter"]) this.grid.filter((this.words.value = settings["filter"]));
    if (settings["view"] !== "chart" || this.tabs.chart.hidden) return;
    this.chart.choose(this.run, settings);
    this.show("chart");
  }

  /** Runs the last statement again, as of a moment. */
  private async travel(moment: string): Promise<void> {
    if (!this.last) return;
    this.moment = moment;
    await this.follow(this.last);
  }

  /** Shows a result that is there already: of a tab that one comes back to. */
  async again(run: string, editor: string): Promise<void> {
    this.editor = editor;
    this.moment = "";
    this.last = undefined;
    await this.follow(() => Promise.resolve(run), true);
  }

  private async follow(begin: () => Promise<string>, mayBeGone = false): Promise<void> {
    this.blank();
    const number = this.asked;
    const view = this.view === "calls" ? "calls" : "rows";
    this.events.running(true);
    fill(this.status, "asking …");
    this.show(view);
    try {
      const run = await begin();
      this.run = run;
      this.grid.begin(run);
      for await (const told of news(run)) {
        if (number !== this.asked) return;
        this.take(told);
      }
    } catch (error) {
      if (number !== this.asked) return;
      if (mayBeGone) this.clear();
      else if (error instanceof Refused) this.fail(error.problem);
    } finally {
      if (number === this.asked) {
        this.events.running(false);
        this.events.ended();
      }
    }
  }

  /** Shows what a statement would change. */
  private async plan(editor: string, text: string, position: number): Promise<void> {
    this.moment = "";
    this.blank();
    const number = this.asked;
    this.tabs.changes.hidden = false;
    this.show("changes");
    this.events.running(true);
    try {
      await this.changes.plan(editor, text, position);
    } catch (error) {
      if (number === this.asked && error instanceof Refused) {
        this.tabs.changes.hidden = true;
        this.show("rows");
        this.fail(error.problem);
      }
    } finally {
      if (number === this.asked) this.events.running(false);
    }
  }

  private take(told: News): void {
    this.hasRows = told.columns.length > 0 && (told.rows > 0 || told.state === "running");
    this.grid.update(told.columns, told.rows);
    this.graph.take(told);
    const runs = told.state === "running";
    if (runs && this.view === "rows") this.show("rows");
    this.progress.hidden = !runs;
    fill(this.status, ...(runs ? this.underWay(told) : this.ended(told)));
    if (runs) return;
    this.tabs.chart.hidden = told.rows < 2;
    const failures = told.failures ?? [];
    this.tabs.failures.hidden = !failures.length;
    fill(this.tabs.failures, "Not read ", h("span", { class: "count" }, String(new Set(failures.flatMap((f) => f.places)).size)));
    fill(this.failures, ...failures.map(failure));
    const notices = told.notices ?? [];
    this.notices.hidden = !notices.length;
    fill(this.notices, ...notices.map((text) => h("li", {}, text)));
    if (told.error) this.fail(told.error);
    else if (!told.rows) fill(this.empty, h("p", {}, told.columns.length ? "No rows." : "Done."));
    this.show(this.view);
  }

  private fail(problem: Problem): void {
    this.progress.hidden = true;
    this.error.hidden = false;
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

  /** What differs between a moment and now, beside the rows. */
  private compare(editor: string, tables: string[], moments: string[], moment: string): void {
    this.tabs.differences.hidden = false;
    this.show("differences");
    void this.differences.show(editor, tables, moments, moment);
  }

  private history(row: number, order: Record<string, string | number>): void {
    void showTimeline({ editor: this.editor, run: this.run, from: row, ...order }, () => this.grid.element.focus());
  }

  private only(words: string): void {
    this.words.value = words;
    this.words.focus();
    this.filter();
  }

  private total(): void {
    const shown = this.sums.getAttribute("aria-pressed") !== "true";
    this.sums.setAttribute("aria-pressed", String(shown));
    this.grid.showTotals(shown);
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

function asTexts(given: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}
