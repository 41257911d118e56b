// One table: columns with what AWS says of them, JSON members as a tree, keys, permissions, examples to click.

import { Refused, look } from "./api";
import type { Member, TableColumn, TableFacts } from "./api";
import { fill, h, icon } from "./dom";

export interface Writing {
  /** Puts a word where the cursor is. */
  insert(text: string): void;
  /** Opens a statement in an editor of its own. */
  open(sql: string, title: string): void;
}

interface Around {
  back(): void;
  isKept(name: string): boolean;
  keep(name: string): void;
  show(name: string): Promise<void>;
}

export class TableCard {
  readonly element = h("div", { class: "card", hidden: true });

  constructor(
    private readonly writing: Writing,
    private readonly around: Around,
  ) {}

  async open(name: string): Promise<void> {
    try {
      const facts = await look<TableFacts>("table", { name });
      fill(this.element, ...this.parts(facts));
      this.element.scrollTop = 0;
      this.element.querySelector<HTMLElement>("button")?.focus();
    } catch (error) {
      if (error instanceof Refused) fill(this.element, this.back(), h("p", { class: "bad pad" }, error.message));
    }
  }

  private back(): HTMLElement {
    return h("button", { type: "button", class: "quiet", onclick: () => this.around.back() }, icon("back"), "Tables");
  }

  private parts(facts: TableFacts): (Node | null)[] {
    const star = h("button", { type: "button", class: "quiet square star", "aria-label": "Favourite", "aria-pressed": String(this.around.isKept(facts.name)) }, icon("star"));
    star.addEventListener("click", () => {
      this.around.keep(facts.name);
      star.setAttribute("aria-pressed", String(this.around.isKept(facts.name)));
    });
    return [
      h("div", { class: "cardbar" }, this.back(), star),
      h("h2", {}, h("button", { type: "button", class: "name", title: "Put the name where the cursor is", onclick: () => this.writing.insert(facts.name) }, h("code", {}, facts.name))),
      about(facts.description || facts.title),
      facts.problem ? h("p", { class: "warning" }, facts.problem) : null,
      section("Examples", h("div", { class: "examples" }, ...facts.examples.map((e) => this.example(e.title, e.sql)))),
      this.notes(facts),
      section(`Columns (${facts.columns.filter((c) => !c.hidden).length})`, this.columns(facts)),
      facts.relations.length ? section("Leads to", this.relations(facts)) : null,
      facts.permissions.length ? section("Permissions", h("p", { class: "codes" }, ...facts.permissions.map((p) => h("code", {}, p)))) : null,
    ];
  }

  private example(title: string, sql: string): HTMLElement {
    const open = (): void => this.writing.open(sql, title);
    return h("button", { type: "button", class: "example", title: sql, onclick: open }, icon("play"), title);
  }

  private notes(facts: TableFacts): HTMLElement | null {
    const lines: [string, string[]][] = [
      ["Told apart by", facts.key],
      ["Cannot do without", facts.required],
      ["Listed by", facts.parents],
    ];
    const shown = lines.filter(([, names]) => names.length);
    if (!shown.length) return null;
    return h("dl", { class: "notes" }, ...shown.flatMap(([word, names]) => [h("dt", {}, word), h("dd", {}, ...names.map((n) => h("code", {}, n)))]));
  }

  private columns(facts: TableFacts): HTMLElement {
    const shown = facts.columns.filter((c) => !c.hidden);
    const hidden = facts.columns.filter((c) => c.hidden);
    return h(
      "div",
      {},
      h("ul", { class: "columns" }, ...shown.map((c) => this.column(facts, c))),
      hidden.length ? h("details", {}, h("summary", {}, `${hidden.length} that SELECT * leaves out`), h("ul", { class: "columns" }, ...hidden.map((c) => this.column(facts, c)))) : null,
    );
  }

  private column(facts: TableFacts, column: TableColumn): HTMLElement {
    const name = h("button", { type: "button", class: "name", onclick: () => this.writing.insert(column.name) }, h("code", {}, column.name));
    const head = h("div", { class: "columnhead" }, name, h("small", { class: "type" }, column.type));
    const inside = column.json ? this.tree(facts.name, column.name, []) : null;
    return h("li", {}, head, about(column.about), inside);
  }

  /** What is in a JSON column, asked for when it is opened. */
  private tree(table: string, column: string, path: string[]): HTMLElement {
    const list = h("ul", { class: "members" });
    const details = h("details", { class: "tree" }, h("summary", {}, path.length ? "members" : "what is in it"), list);
    details.addEventListener("toggle", () => {
      if (!details.open || list.childElementCount) return;
      void look<{ element: boolean; members: Member[] }>("members", { name: table, column, path: path.join("/") }).then((found) => {
        const none = h("li", { class: "soft" }, "any names may stand here");
        const inside = found.element ? [...path, "0"] : path;
        fill(list, ...(found.members.length ? found.members.map((m) => this.member(table, column, inside, m)) : [none]));
      });
    });
    return details;
  }

  private member(table: string, column: string, path: string[], member: Member): HTMLElement {
    const written = [column, ...path, member.name].map((step, n) => (!n || /^\d+$/.test(step) ? step : `'${step.replaceAll("'", "''")}'`));
    const text = written.length > 2 ? `${written.slice(0, -1).join("->")}->>${written.at(-1)}` : written.join("->>");
    return h(
      "li",
      {},
      h("div", { class: "columnhead" }, h("button", { type: "button", class: "name", title: text, onclick: () => this.writing.insert(text) }, h("code", {}, member.name)), h("small", { class: "type" }, member.type)),
      about(member.about),
      member.values.length ? h("p", { class: "about" }, member.values.join(" · ")) : null,
      member.more ? this.tree(table, column, [...path, member.name]) : null,
    );
  }

  private relations(facts: TableFacts): HTMLElement {
    const rows = facts.relations.map((r) =>
      h("li", {}, h("code", {}, r.column), " → ", h("button", { type: "button", class: "name", onclick: () => void this.around.show(r.table) }, h("code", {}, `${r.table}.${r.other}`))),
    );
    return h("ul", { class: "columns" }, ...rows);
  }
}

function section(title: string, ...inside: Node[]): HTMLElement {
  return h("section", {}, h("h3", {}, title), ...inside);
}

const LONG = 180;

/** What AWS says, without its markup; what is long is opened by a click. */
function about(text: string): HTMLElement | null {
  const plain = text.replace(/\[([^\]]+)\]\([^)]*\)/g, "$1").replace(/`/g, "").trim();
  if (plain.length <= LONG) return plain ? h("p", { class: "about" }, plain) : null;
  const end = plain.lastIndexOf(" ", LONG);
  return h("details", { class: "about" }, h("summary", {}, plain.slice(0, end), " …"), plain.slice(end));
}
