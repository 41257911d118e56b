// What the inventory remembers: how one row came to be as it is, and what differs between two moments, cell by cell.

import { Refused, act } from "./api";
import { counted, fill, h, sheet, when } from "./dom";

interface ChangedCell {
  column: string;
  old: string | null;
  new: string | null;
}
interface Version {
  from: string;
  to: string;
  event: string;
  deleted: boolean;
  cells: ChangedCell[];
  values: Record<string, string>;
}
interface Differing {
  table: string;
  sql: string;
  more: boolean;
  rows: { change: string; key: string | null; place: string; cells: ChangedCell[] }[];
}

export async function showTimeline(given: Record<string, unknown>, after: () => void): Promise<void> {
  const body = h("div", { class: "timeline", tabindex: 0 }, h("p", { class: "soft" }, "looking …"));
  const dialog = sheet("History of this row", body);
  dialog.addEventListener("close", after);
  try {
    const told = await act<{ table: string; row: Record<string, string>; versions: Version[] }>("timeline", given);
    const name = Object.values(told.row).join(" · ");
    const none = h("p", { class: "soft" }, "The inventory has not seen it.");
    fill(body, h("p", {}, h("code", {}, told.table), " ", name), told.versions.length ? h("ol", {}, ...told.versions.flatMap(version).reverse()) : none);
  } catch (error) {
    if (error instanceof Refused) fill(body, h("p", { class: "bad" }, error.message), error.problem.hint ? h("p", {}, error.problem.hint) : null);
  }
}

function version(told: Version): HTMLElement[] {
  const values = h("details", {}, h("summary", {}, counted(Object.keys(told.values).length, "value")), h("dl", { class: "notes" }, ...Object.entries(told.values).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
  const item = h("li", { class: told.event }, h("b", {}, told.event), " ", h("time", { datetime: told.from }, when(told.from)), told.cells.length ? cells(told.cells) : null, values);
  const gone = told.deleted ? [h("li", { class: "deleted" }, h("b", {}, "deleted"), " ", h("time", { datetime: told.to }, when(told.to)))] : [];
  return [item, ...gone];
}

function cells(changed: ChangedCell[]): HTMLElement {
  const rows = changed.map((c) => h("tr", {}, h("th", { scope: "row" }, c.column), h("td", { class: "old" }, c.old ?? "NULL"), h("td", { class: "new" }, c.new ?? "NULL")));
  const head = h("tr", {}, h("th", { scope: "col" }, "column"), h("th", { scope: "col" }, "before"), h("th", { scope: "col" }, "after"));
  return h("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": "Cells" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
}

const SIGNS: Record<string, string> = { created: "+", "first seen": "+", deleted: "−", changed: "~" };
const NAMES: Record<string, string> = { created: "create", "first seen": "create", deleted: "delete", changed: "update" };

export class DifferencesView {
  readonly element = h("div", { class: "changes", role: "tabpanel", id: "panel-differences", "aria-labelledby": "tab-differences", tabindex: 0, hidden: true });
  private tables: string[] = [];
  private moments: string[] = [];
  private editor = "";
  private readonly from = h("select", { "aria-label": "From", onchange: () => void this.draw() });
  private readonly to = h("select", { "aria-label": "To", onchange: () => void this.draw() });
  private readonly body = h("div", {});

  constructor(private readonly open: (sql: string, title: string) => void) {
    fill(this.element, h("div", { class: "chartbar" }, h("span", {}, "between"), this.from, h("span", {}, "and"), this.to), this.body);
  }

  async show(editor: string, tables: string[], moments: string[], from: string): Promise<void> {
    [this.editor, this.tables, this.moments] = [editor, tables, moments];
    fill(this.from, ...moments.map((m) => h("option", { value: m, selected: m === from }, when(m))));
    fill(this.to, ...moments.map((m) => h("option", { value: m }, when(m))), h("option", { value: "", selected: true }, "now"));
    await this.draw();
  }

  private async draw(): Promise<void> {
    fill(this.body, h("p", { class: "soft" }, "comparing …"));
    try {
      const found = await act<{ tables: Differing[] }>("differences", { editor: this.editor, tables: this.tables, earlier: this.from.value || (this.moments[0] ?? ""), later: this.to.value });
      fill(this.body, ...found.tables.map((table) => this.table(table)));
    } catch (error) {
      if (error instanceof Refused) fill(this.body, h("p", { class: "bad" }, error.message), error.problem.hint ? h("p", {}, error.problem.hint) : null);
    }
  }

  private table(told: Differing): HTMLElement {
    const count = (words: string[]): number => told.rows.filter((row) => words.includes(row.change)).length;
    const said = `${count(["created", "first seen"])} added, ${count(["deleted"])} removed, ${count(["changed"])} changed`;
    return h(
      "section",
      { "aria-label": told.table },
      h("h3", {}, h("code", {}, told.table), ` ${said}`, told.more ? h("small", {}, ` the first ${told.rows.length}`) : null, " ", h("button", { type: "button", class: "small", onclick: () => this.open(told.sql, "Differences") }, "As SQL")),
      ...told.rows.map((row) =>
        h(
          "article",
          { class: `change ${NAMES[row.change] ?? ""}` },
          h("h4", {}, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[row.change] ?? ""), `${row.change} `, h("code", {}, row.key ?? ""), h("small", {}, ` ${row.place}`)),
          row.cells.length ? cells(row.cells) : null,
        ),
      ),
      told.rows.length ? null : h("p", { class: "soft" }, "Nothing differs."),
    );
  }
}
