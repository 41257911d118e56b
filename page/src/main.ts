// The page: catalog at the left, editors above, what came of their statements below.

import { Refused, SIGN_IN, act, look } from "./api";
import type { Facts } from "./api";
import { AroundPanel } from "./around";
import { CatalogPanel } from "./catalog";
import { copyText, fill, h, icon, say } from "./dom";
import { Editor } from "./editor";
import { EstimateBar } from "./estimate";
import { ResultPane } from "./results";
import { LibraryPanel, saveAs } from "./library";
import { askLogin, signOut } from "./login";
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
import "./style/panels.css";

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
  private readonly library: LibraryPanel;
  private readonly around: AroundPanel;
  private readonly aroundButton = h("button", { type: "button", class: "quiet square", "aria-pressed": "false", "aria-label": "Around", title: "Accounts and regions, what runs, what was asked, the journal", onclick: () => this.surround() }, icon("panel"));
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
      tidy: () => void this.editor.tidy(),
      leave: () => this.result.element.querySelector<HTMLElement>('[role="tab"]')?.focus(),
    });
    this.result = new ResultPane(
      { running: (runs) => this.show(runs), ended: () => void this.library.refresh(), example: (sql, title) => this.openStatement(sql, title), look: (sql, title) => this.lookBack(sql, title) },
      facts.examples,
      facts.writable,
    );
    this.tabs = new TabBar({
      show: (tab) => {
        this.editor.show(tab.id, tab.text);
        if (tab.run) void this.result.again(tab.run, tab.id);
        else this.result.clear();
      },
      closed: (tab) => {
        this.editor.forget(tab.id);
        void act("close", { editor: tab.id }).catch(() => undefined);
      },
    });
    this.catalog = new CatalogPanel({ insert: (text) => this.insert(text), open: (sql, title) => this.openStatement(sql, title) }, facts.tables);
    this.library = new LibraryPanel({ open: (query) => this.openNamed(query.name, query.text, query.seen), again: (sql) => this.openStatement(sql, "Again") });
    this.around = new AroundPanel(
      () => this.tabs.current.id,
      () => this.surround(),
    );
    this.catalog.addView("Library", this.library.element, () => void this.library.show());
    this.lay();
    this.show(false);
    this.tabs.start({ title: "Query 1", text: FIRST });
    const shared = linked();
    if (shared) this.tabs.open(shared.text, "Shared", shared.settings);
    this.editor.view.focus();
    window.addEventListener("keydown", (event) => this.typed(event));
  }

  private lay(): void {
    const menu = h("button", { type: "button", class: "quiet square menu", "aria-label": "Tables", "aria-expanded": "false", onclick: () => this.drawer() }, icon("menu"));
    const plus = h("button", { type: "button", class: "quiet square", "aria-label": "New editor", title: "New editor", onclick: () => this.tabs.open() }, icon("plus"));
    const bar = h("div", { class: "tabbar" }, this.tabs.element, plus);
    const tidy = h("button", { type: "button", class: "quiet square", "aria-label": "Format", title: "Format (Shift+Alt+F)", onclick: () => void this.editor.tidy() }, icon("broom"));
    const keep = h("button", { type: "button", class: "quiet square", "aria-label": "Save in a file", title: "Save in a file (Ctrl+S)", onclick: () => this.save() }, icon("save"));
    const share = h("button", { type: "button", class: "quiet square", "aria-label": "Copy a link to this text", title: "Copy a link to this text and its settings, without data", onclick: () => void copyText(linkTo(this.editor.text, this.result.settings)) }, icon("link"));
    const foot = h("div", { class: "runbar" }, this.run, this.estimate.element, h("span", { class: "room" }), tidy, keep, share);
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
        this.facts.user ? h("button", { type: "button", class: "quiet", onclick: () => void signOut() }, `Sign out ${this.facts.user}`) : null,
        this.aroundButton,
        themeButton(),
      ),
      this.catalog.element,
      new Splitter("columns", this.catalog.element, "cirql.width").element,
      work,
      this.around.element,
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
    const settings = tab.settings ?? {};
    delete tab.settings; // They are for the first rows that come.
    const begins = (run: string): void => {
      tab.run = run;
      this.tabs.keep();
    };
    void this.result.start(tab.id, text, position, begins, settings);
  }

  /** Writes the text into its file; one that has none is asked for a name. */
  private save(): void {
    const tab = this.tabs.current;
    if (!this.editor.text.trim()) return say("There is nothing to save");
    saveAs(this.editor.text, { name: tab.name ?? "", seen: tab.seen ?? "" }, (name, seen) => {
      this.tabs.saved(name, seen);
      void this.library.show();
    });
  }

  private openNamed(name: string, text: string, seen: string): void {
    this.tabs.openNamed(name, text, seen);
    this.app.classList.remove("drawn");
    this.editor.view.focus();
  }

  private surround(): void {
    const shown = !this.around.isShown;
    this.around.show(shown);
    this.aroundButton.setAttribute("aria-pressed", String(shown));
    this.app.classList.toggle("surrounded", shown);
    if (!shown) this.aroundButton.focus();
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
    else if (event.key === "Escape" && this.around.isShown && this.around.element.contains(document.activeElement)) this.surround();
    else if (all && event.key === "s") {
      event.preventDefault();
      this.save();
    } else if (all && event.key === "k") {
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
    if (error instanceof Refused && error.problem.hint === SIGN_IN) {
      askLogin(document.getElementById("app") ?? document.body, () => location.reload());
      return;
    }
    const told = error instanceof Refused ? error.problem : { message: String(error), hint: "" };
    fill(document.getElementById("app") ?? document.body, h("div", { class: "closed" }, h("h1", {}, told.message), h("p", {}, told.hint ?? "")));
  }
}

void begin();
