// The page: catalog at the left, editors above, what came of their statements below.

import { Refused, act, look } from "./api";
import type { Facts } from "./api";
import { CatalogPanel } from "./catalog";
import { copyText, fill, h, icon } from "./dom";
import { Editor } from "./editor";
import { EstimateBar } from "./estimate";
import { ResultPane } from "./results";
import { linkTo, linked } from "./sharing";
import { Splitter } from "./splitter";
import { TabBar } from "./tabs";
import { themeButton } from "./theme";
import "./style/base.css";
import "./style/layout.css";
import "./style/catalog.css";
import "./style/editor.css";
import "./style/result.css";
import "./style/views.css";

const FIRST = `-- Which buckets are there, and where? Ctrl+Enter runs it.
SELECT account_id, region, name
FROM aws.s3_bucket
ORDER BY name
LIMIT 100`;
const MAC = navigator.platform.startsWith("Mac");

class Page {
  private readonly app = document.getElementById("app") ?? document.body;
  private readonly editing = h("div", { class: "editing", id: "editing", role: "tabpanel", "aria-label": "Editor" });
  private readonly run = h("button", { type: "button", class: "primary run", title: MAC ? "⌘ Enter" : "Ctrl+Enter", onclick: () => this.go() });
  private readonly editor: Editor;
  private readonly estimate: EstimateBar;
  private readonly result: ResultPane;
  private readonly tabs: TabBar;
  private readonly catalog: CatalogPanel;
  private runs = false;

  constructor(private readonly facts: Facts) {
    this.estimate = new EstimateBar(
      () => this.editor,
      (estimate) => {
        this.result.foretell(estimate);
        this.show(this.runs);
      },
    );
    this.editor = new Editor(this.editing, {
      changed: () => this.changed(),
      moved: () => this.estimate.soon(),
      run: () => this.go(),
      leave: () => this.result.element.querySelector<HTMLElement>('[role="tab"]')?.focus(),
    });
    this.result = new ResultPane(
      { running: (runs) => this.show(runs), example: (sql, title) => this.openStatement(sql, title), look: (sql, title) => this.lookBack(sql, title) },
      facts.examples,
      facts.writable,
    );
    this.tabs = new TabBar({
      show: (tab) => {
        this.editor.show(tab.id, tab.text);
        if (tab.run) void this.result.again(tab.run);
        else this.result.clear();
      },
      closed: (tab) => {
        this.editor.forget(tab.id);
        void act("close", { editor: tab.id }).catch(() => undefined);
      },
    });
    this.catalog = new CatalogPanel({ insert: (text) => this.insert(text), open: (sql, title) => this.openStatement(sql, title) }, facts.tables);
    this.lay();
    this.show(false);
    this.tabs.start({ title: "Query 1", text: FIRST });
    const shared = linked();
    if (shared) this.tabs.open(shared, "Shared");
    this.editor.view.focus();
    window.addEventListener("keydown", (event) => this.typed(event));
  }

  private lay(): void {
    const menu = h("button", { type: "button", class: "quiet square menu", "aria-label": "Tables", "aria-expanded": "false", onclick: () => this.drawer() }, icon("menu"));
    const plus = h("button", { type: "button", class: "quiet square", "aria-label": "New editor", title: "New editor", onclick: () => this.tabs.open() }, icon("plus"));
    const bar = h("div", { class: "tabbar" }, this.tabs.element, plus);
    const share = h("button", { type: "button", class: "quiet square", "aria-label": "Copy a link to this text", title: "Copy a link to this text", onclick: () => void copyText(linkTo(this.editor.text)) }, icon("link"));
    const foot = h("div", { class: "runbar" }, this.run, this.estimate.element, h("span", { class: "room" }), share);
    const above = h("div", { class: "above" }, bar, this.editing, foot);
    const work = h("main", { class: "work" }, above, new Splitter("rows", above, "cirql.height").element, this.result.element);
    fill(
      this.app,
      h(
        "header",
        { class: "top" },
        menu,
        h("h1", {}, h("img", { src: "/assets/icon.svg", alt: "", width: 20, height: 20 }), "cirql"),
        h("p", { class: "scope", title: this.facts.accounts.join(", ") }, this.scope()),
        h("span", { class: "room" }),
        themeButton(),
      ),
      this.catalog.element,
      new Splitter("columns", this.catalog.element, "cirql.width").element,
      work,
    );
  }

  private scope(): string {
    const { accounts, regions, scope } = this.facts;
    const said = [scope];
    if (accounts.length) said.push(`${accounts.length} account${accounts.length === 1 ? "" : "s"}`);
    if (regions.length) said.push(regions[0] === "*" ? "every region" : `${regions.length} region${regions.length === 1 ? "" : "s"}`);
    return said.join(" · ") + (this.facts.writable ? " · may change" : "");
  }

  private changed(): void {
    this.estimate.soon();
    if (!this.editor.tab) return;
    const tab = this.tabs.current;
    if (tab.id !== this.editor.tab) return;
    tab.text = this.editor.text;
    this.tabs.keep();
  }

  private show(runs: boolean): void {
    this.runs = runs;
    this.run.classList.toggle("stops", runs);
    const word = this.estimate.last.kind === "change" ? "Plan" : "Run";
    fill(this.run, icon(runs ? "stop" : "play"), runs ? "Cancel" : word, h("kbd", {}, runs ? "Esc" : MAC ? "⌘⏎" : "Ctrl ⏎"));
  }

  private go(): void {
    if (this.runs) {
      void this.result.cancel();
      return;
    }
    const { text, position } = this.editor.asked;
    const tab = this.tabs.current;
    void this.result.start(tab.id, text, position, (run) => {
      tab.run = run;
      this.tabs.keep();
    });
  }

  private insert(text: string): void {
    this.editor.insert(text);
    this.app.classList.remove("drawn");
  }

  private openStatement(sql: string, title: string): void {
    if (this.editor.text.trim()) this.tabs.open(sql, title);
    else this.editor.put(sql);
    this.app.classList.remove("drawn");
    this.editor.view.focus();
  }

  private lookBack(sql: string, title: string): void {
    this.tabs.open(sql, title);
    this.go();
  }

  private drawer(): void {
    const drawn = this.app.classList.toggle("drawn");
    this.app.querySelector(".menu")?.setAttribute("aria-expanded", String(drawn));
    if (drawn) this.catalog.focus();
  }

  private typed(event: KeyboardEvent): void {
    const all = event.ctrlKey || event.metaKey;
    if (event.key === "Escape" && this.runs && !document.querySelector("dialog[open], .cm-tooltip-autocomplete")) void this.result.cancel();
    else if (event.key === "Escape" && this.app.classList.contains("drawn")) this.drawer();
    else if (all && event.key === "k") {
      event.preventDefault();
      this.app.classList.add("drawn");
      this.catalog.focus();
    } else if (event.altKey && event.key === "t") {
      event.preventDefault();
      this.tabs.open();
      this.editor.view.focus();
    }
  }
}

async function begin(): Promise<void> {
  try {
    new Page(await look<Facts>("facts"));
  } catch (error) {
    const told = error instanceof Refused ? error.problem : { message: String(error), hint: "" };
    fill(document.getElementById("app") ?? document.body, h("div", { class: "closed" }, h("h1", {}, told.message), h("p", {}, told.hint ?? "")));
  }
}

void begin();
