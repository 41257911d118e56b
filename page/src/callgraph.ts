// What a statement asks of AWS, as a graph: where keys come from, which calls are made, and how many there were so far.

import type { Call, Estimate, News, Scan, ScanNews } from "./api";
import { fill, h } from "./dom";

export class CallGraph {
  readonly element = h("div", { class: "calls", role: "tabpanel", id: "panel-calls", "aria-labelledby": "tab-calls", tabindex: 0, hidden: true });
  private estimate: Estimate = { kind: "nothing" };
  private live: Map<string, ScanNews> = new Map();

  plan(estimate: Estimate): void {
    this.estimate = estimate;
    this.draw();
  }

  begin(): void {
    this.live.clear();
    this.draw();
  }

  take(told: News): void {
    this.live = new Map(told.scans.map((scan) => [scan.table, scan]));
    this.draw();
  }

  private draw(): void {
    const scans = this.estimate.scans ?? [];
    if (!scans.length) {
      fill(this.element, h("p", { class: "soft" }, "The statement at the cursor asks AWS nothing."));
      return;
    }
    const chains = scans.map((scan) => h("li", { class: "chain" }, ...this.chain(scan)));
    fill(this.element, h("ol", { class: "chains" }, ...chains), h("div", { class: "sink" }, h("b", {}, "DuckDB"), h("small", {}, "joins, filters, sorts")));
  }

  /** A scan, and before it those that find its keys. */
  private chain(scan: Scan): HTMLElement[] {
    const before = scan.parent ? [...this.chain(scan.parent), h("span", { class: "arrow", title: "keys" }, "keys")] : [];
    return [...before, this.node(scan)];
  }

  private node(scan: Scan): HTMLElement {
    const live = this.live.get(scan.table);
    const places = scan.targets === null ? null : h("small", {}, `${scan.targets} place${scan.targets === 1 ? "" : "s"}`);
    const counts = live ? h("span", { class: live.done ? "live done" : "live" }, `${live.calls} calls · ${live.rows} rows`) : null;
    return h(
      "section",
      { class: "node", "aria-label": scan.table },
      h("header", {}, h("code", {}, scan.table), places),
      ...scan.keys.map((key) => h("p", { class: "key" }, key)),
      h("ul", {}, ...scan.calls.map(call)),
      scan.limit === null ? null : h("p", { class: "key" }, `${scan.limit} rows are enough`),
      counts,
    );
  }
}

function call(told: Call): HTMLElement {
  const times = told.count === null ? told.formula : `${told.count} × (${told.formula})`;
  const rate = told.per_second === null ? "" : ` · ${told.per_second} a second`;
  return h("li", {}, h("b", {}, told.operation), h("small", {}, times + rate), told.columns.length ? h("small", {}, `for ${told.columns.join(", ")}`) : null);
}
