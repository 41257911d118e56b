// The moments that the inventory knows: a slider over them reads the statement as of then, and what changed since is a click away.

import { act } from "./api";
import { counted, fill, h, icon, when } from "./dom";

interface Known {
  tables: string[];
  moments: string[];
}

export interface TimeEvents {
  /** Reads the statement again, as of a moment; "" is now. */
  read(moment: string): void;
  /** Shows what differs between a moment and now. */
  compare(editor: string, tables: string[], moments: string[], moment: string): void;
}

export class TimeBar {
  readonly element: HTMLElement;
  private readonly slider = h("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Moment", oninput: () => this.say(), onchange: () => this.choose() });
  private readonly said = h("output", { class: "moment" });
  private readonly changed = h("button", { type: "button", onclick: () => this.compare() }, "What changed since");
  private moments: string[] = [];
  private tables: string[] = [];
  private editor = "";
  private asked = 0;

  constructor(private readonly events: TimeEvents) {
    this.element = h("div", { class: "timebar", hidden: true, role: "group", "aria-label": "Time" }, icon("clock"), this.slider, this.said, this.changed);
  }

  /** Looks up what is known of a statement's tables; hidden where that is nothing. */
  async about(editor: string, text: string, position: number, chosen: string): Promise<void> {
    const number = ++this.asked;
    const known = await act<Known>("moments", { editor, text, position }).catch((): Known => ({ tables: [], moments: [] }));
    if (number !== this.asked) return;
    this.editor = editor;
    this.tables = known.tables;
    this.moments = chosen && !known.moments.includes(chosen) ? [...known.moments, chosen].sort() : known.moments;
    this.element.hidden = !this.moments.length;
    this.slider.max = String(this.moments.length);
    const at = chosen ? this.moments.indexOf(chosen) : -1;
    this.slider.value = String(at < 0 ? this.moments.length : at);
    this.say();
  }

  private get moment(): string {
    return this.moments[Number(this.slider.value)] ?? "";
  }

  private say(): void {
    const moment = this.moment;
    const text = moment ? `as of ${when(moment)}` : `now · ${counted(this.moments.length, "moment")} known`;
    fill(this.said, text);
    this.slider.setAttribute("aria-valuetext", text);
  }

  private choose(): void {
    this.events.read(this.moment);
  }

  private compare(): void {
    this.events.compare(this.editor, this.tables, this.moments, this.moment || (this.moments[0] ?? ""));
  }
}
