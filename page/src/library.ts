// Statements that have names, each in a file; and those that were run, with how they ended.

import { Refused, act, look } from "./api";
import { counted, fill, h, icon, say, sheet, when } from "./dom";

interface Named {
  name: string;
  about: string;
}
interface Ran {
  at: string;
  sql: string;
  state: string;
  complete: boolean;
  rows: number;
  calls: number;
  seconds: number;
  error: string;
}
export interface Opened {
  name: string;
  text: string;
  seen: string;
}

export interface LibraryEvents {
  open(query: Opened): void;
  again(sql: string): void;
}

const PAUSE = 150;

export class LibraryPanel {
  readonly element = h("div", { class: "library" });
  private readonly words = h("input", { type: "search", placeholder: "Search what was run", "aria-label": "Search what was run", oninput: () => this.soon() });
  private readonly named = h("ul", { class: "named" });
  private readonly folder = h("p", { class: "soft pad" });
  private readonly runs = h("ol", { class: "runs" });
  private timer = 0;

  constructor(private readonly events: LibraryEvents) {
    const forget = h("button", { type: "button", class: "quiet small", onclick: () => void this.forget() }, "Forget all");
    fill(this.element, h("h2", {}, "Saved"), this.named, this.folder, h("h2", {}, "Run before", forget), h("div", { class: "searching" }, icon("search"), this.words), this.runs);
  }

  async show(): Promise<void> {
    await Promise.all([this.showNamed(), this.showRuns()]);
  }

  /** Shows what has been run since, where somebody looks. */
  async refresh(): Promise<void> {
    if (this.element.offsetParent) await this.showRuns();
  }

  private async showNamed(): Promise<void> {
    const found = await look<{ folder: string; queries: Named[] }>("queries");
    fill(this.named, ...found.queries.map((query) => this.query(query)));
    fill(this.folder, found.queries.length ? `Files in ${found.folder}` : `Save puts a statement into ${found.folder}, as a file that git can hold.`);
  }

  private query(query: Named): HTMLElement {
    const remove = h("button", { type: "button", class: "quiet square", "aria-label": `Delete ${query.name}`, title: "Delete the file", onclick: () => void this.remove(query.name) }, icon("close"));
    const open = h("button", { type: "button", class: "hit", onclick: () => void this.open(query.name) }, h("code", {}, query.name), query.about ? h("small", {}, query.about) : null);
    return h("li", {}, open, remove);
  }

  private async open(name: string): Promise<void> {
    try {
      this.events.open(await look<Opened>("query", { name }));
    } catch (error) {
      if (error instanceof Refused) say(error.message);
    }
  }

  private async remove(name: string): Promise<void> {
    if (!window.confirm(`Delete the file of ${name}?`)) return;
    await act("remove", { name }).catch((error: unknown) => say(String(error)));
    await this.showNamed();
  }

  private soon(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.showRuns(), PAUSE);
  }

  private async showRuns(): Promise<void> {
    const found = await look<{ runs: Ran[] }>("history", { words: this.words.value.trim() });
    const none = h("li", { class: "soft pad" }, this.words.value ? "Nothing that was run has these words." : "Nothing was run yet.");
    fill(this.runs, ...(found.runs.length ? found.runs.map((run) => this.ran(run)) : [none]));
  }

  private ran(run: Ran): HTMLElement {
    const how = run.state === "done" ? (run.complete ? "complete" : "not complete") : run.state;
    const facts = `${when(run.at)} · ${counted(run.rows, "row")} · ${counted(run.calls, "call")} · ${run.seconds} s`;
    const button = h("button", { type: "button", class: "hit", title: run.sql, onclick: () => this.events.again(run.sql) }, h("code", { class: "clamped" }, run.sql), h("small", {}, h("b", { class: how === "complete" ? "good" : "bad" }, how), ` · ${facts}`));
    return h("li", {}, button);
  }

  private async forget(): Promise<void> {
    if (!window.confirm("Forget all statements that were run?")) return;
    await act("forget", {});
    await this.showRuns();
  }
}

/** Asks for a name, and writes the file. Gives the name and the mark of what was written. */
export function saveAs(text: string, before: { name: string; seen: string }, saved: (name: string, seen: string) => void): void {
  const name = h("input", { type: "search", "aria-label": "Name", value: before.name, placeholder: "volumes without encryption", required: true });
  const wrong = h("p", { class: "bad", role: "alert", hidden: true });
  const form = h("form", { class: "asking" }, h("label", {}, "Name of the file ", name), wrong, h("footer", {}, h("button", { type: "submit", class: "primary" }, icon("save"), "Save")));
  const dialog = sheet("Save the statement", form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const seen = name.value.trim() === before.name ? before.seen : "";
    act<{ name: string; seen: string; place: string }>("keep", { name: name.value.trim(), text, seen }).then(
      (kept) => {
        dialog.close();
        say(`Saved ${kept.place}`);
        saved(kept.name, kept.seen);
      },
      (error: unknown) => {
        wrong.hidden = false;
        fill(wrong, error instanceof Refused ? `${error.message}. ${error.problem.hint ?? ""}` : String(error));
      },
    );
  });
  name.focus();
  name.select();
}
