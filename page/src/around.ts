// What is around the statements: accounts and regions in scope, what runs, what was asked and how fast it may be, what was changed.

import { Refused, act } from "./api";
import type { News } from "./api";
import { counted, fill, h, icon, when } from "./dom";

interface Around {
  scope: { accounts: string[]; regions: string[]; profiles: string[]; role: string; store: string };
  running: (News & { sql: string })[];
  asked: { operation: string; calls: number; rate: string }[];
  kept: { table: string; places: number; read: string; complete: boolean }[];
  changes: { operation: string; table: string; identifier: string | null; account: string; region: string; state: string; error: string; at: string }[];
}
interface Place {
  account: string;
  credentials: string;
  regions: string[];
}

const PACE = 1500;

export class AroundPanel {
  readonly element = h("aside", { class: "around", "aria-label": "Around", hidden: true });
  private readonly body = h("div", { class: "aroundbody" });
  private readonly places = h("div", { class: "places" });
  private timer = 0;

  constructor(
    private readonly editor: () => string,
    private readonly leave: () => void,
  ) {
    const ask = h("button", { type: "button", class: "small", onclick: () => void this.lookUp() }, icon("search"), "Look accounts and regions up");
    const close = h("button", { type: "button", class: "quiet square", "aria-label": "Close the panel", onclick: () => this.leave() }, icon("close"));
    fill(this.element, h("header", {}, h("h2", {}, "Around"), close), this.body, h("section", {}, h("h3", {}, "As AWS says"), ask, this.places));
  }

  get isShown(): boolean {
    return !this.element.hidden;
  }

  show(shown: boolean): void {
    this.element.hidden = !shown;
    window.clearInterval(this.timer);
    if (!shown) return;
    void this.draw();
    this.timer = window.setInterval(() => void this.draw(), PACE);
  }

  private async draw(): Promise<void> {
    if (document.hidden) return;
    try {
      const told = await act<Around>("around", { editor: this.editor() });
      fill(this.body, ...sections(told));
    } catch (error) {
      if (error instanceof Refused) fill(this.body, h("p", { class: "bad pad" }, error.message));
    }
  }

  private async lookUp(): Promise<void> {
    fill(this.places, h("p", { class: "soft" }, "asking …"));
    try {
      const found = await act<{ places: Place[] }>("places", { editor: this.editor() });
      fill(this.places, h("ul", {}, ...found.places.map((p) => h("li", {}, h("code", {}, p.account), h("small", {}, p.regions.length ? ` ${counted(p.regions.length, "region")}: ${p.regions.join(", ")}` : " does not say which regions it has")))));
    } catch (error) {
      if (error instanceof Refused) fill(this.places, h("p", { class: "bad" }, error.message));
    }
  }
}

function sections(told: Around): HTMLElement[] {
  const { scope } = told;
  const lines: [string, string][] = [
    ["Accounts", scope.accounts.join(", ") || "those of the credentials"],
    ["Regions", scope.regions[0] === "*" ? "every enabled one" : scope.regions.join(", ") || "the one of the configuration"],
    ["Profiles", scope.profiles.join(", ")],
    ["Role", scope.role],
    ["Inventory", scope.store || "none"],
  ];
  const facts = h("dl", { class: "notes" }, ...lines.filter(([, text]) => text).flatMap(([word, text]) => [h("dt", {}, word), h("dd", {}, text)]));
  const running = told.running.flatMap((run) => {
    const scans = run.scans.filter((s) => !s.done).map((s) => h("small", {}, `${s.table}: ${counted(s.calls, "call")}, ${counted(s.rows, "row")}`));
    return [h("li", {}, h("code", { class: "clamped" }, run.sql), h("small", {}, `${run.seconds.toFixed(0)} s, ${counted(run.rows, "row")}`), ...scans)];
  });
  const asked = told.asked.map((o) => h("li", {}, h("code", {}, o.operation), h("small", {}, `${counted(o.calls, "call")} · ${o.rate}`)));
  const kept = told.kept.map((k) => h("li", {}, h("code", {}, k.table), h("small", {}, `${counted(k.places, "place")} · ${when(k.read)}${k.complete ? "" : " · not complete"}`)));
  const changes = told.changes.map((c) => h("li", {}, h("span", {}, h("b", { class: c.state === "succeeded" ? "good" : c.state === "failed" ? "bad" : "soft" }, c.state), ` ${c.operation} `), h("code", {}, c.table), h("small", {}, `${c.identifier ?? ""} ${c.account} ${c.region} · ${c.at ? when(c.at) : ""}`), c.error ? h("small", { class: "bad" }, c.error) : null));
  return [
    h("section", {}, h("h3", {}, "In scope"), facts),
    listed("Running", running, "Nothing runs."),
    listed("Asked of AWS, and how fast it may be", asked, "Nothing was asked yet."),
    listed("In the inventory", kept, "Nothing is kept."),
    listed("Journal of changes", changes, "Nothing was changed."),
  ];
}

function listed(title: string, items: HTMLElement[], none: string): HTMLElement {
  return h("section", {}, h("h3", {}, title), items.length ? h("ul", {}, ...items) : h("p", { class: "soft" }, none));
}
