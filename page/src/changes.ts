// What INSERT, UPDATE and DELETE would change, before and after, and the click that has it done.

import { Refused, act } from "./api";
import type { Problem } from "./api";
import { copyText, counted, fill, h, icon } from "./dom";

interface Difference {
  property: string;
  old: unknown;
  new: unknown;
}
interface Change {
  operation: string;
  table: string;
  identifier: string | null;
  account: string;
  region: string;
  differences: Difference[];
}
interface Plan {
  plan: string;
  summary: string;
  changes: Change[];
  unchanged: number;
  calls: Record<string, number>;
  permissions: string[];
  policy: string;
}
interface Outcome {
  summary: string;
  changes: { title: string; state: string; identifier: string }[];
}

export class ChangesView {
  readonly element = h("div", { class: "changes", role: "tabpanel", id: "panel-changes", "aria-labelledby": "tab-changes", tabindex: 0, hidden: true });

  constructor(private readonly writable: boolean) {}

  async plan(editor: string, text: string, position: number): Promise<void> {
    fill(this.element, h("p", { class: "soft" }, "Reading what there is …"));
    this.show(await act<Plan>("plan", { editor, text, position }));
  }

  private show(plan: Plan): void {
    const said = h("p", { role: "alert", class: "bad", hidden: true });
    const button = h("button", { type: "button", class: "primary danger" }, `Carry out ${counted(plan.changes.length, "change")}`);
    button.addEventListener("click", () => void this.apply(plan.plan, button, said));
    fill(
      this.element,
      h("h3", {}, plan.changes.length ? plan.summary : "There is nothing to change."),
      plan.unchanged ? h("p", { class: "soft" }, `${counted(plan.unchanged, "resource")} as wanted already`) : null,
      ...plan.changes.map(change),
      plan.changes.length ? this.foot(plan, button) : null,
      said,
    );
    if (plan.plan) button.focus();
  }

  private foot(plan: Plan, button: HTMLElement): HTMLElement {
    const calls = Object.entries(plan.calls).map(([name, count]) => `${count} × ${name}`);
    return h(
      "footer",
      {},
      h("p", { class: "soft" }, `Nothing has been changed. ${calls.join(", ")}`),
      plan.policy ? h("button", { type: "button", onclick: () => void copyText(plan.policy) }, icon("copy"), "Copy the policy") : null,
      this.writable ? button : h("p", {}, "To carry it out, start the page with ", h("code", {}, "cirql web --write"), "."),
    );
  }

  private async apply(plan: string, button: HTMLButtonElement, said: HTMLElement): Promise<void> {
    button.disabled = true;
    fill(button, "Changing …");
    try {
      const done = await act<Outcome>("apply", { plan });
      const lines = done.changes.map((c) => h("li", {}, h("span", { class: c.state === "SUCCEEDED" || c.state === "succeeded" ? "badge complete" : "badge failed" }, c.state), " ", c.title, c.identifier && !c.title.includes(c.identifier) ? ` ${c.identifier}` : ""));
      fill(this.element, h("h3", {}, "Done: ", done.summary), h("ul", { class: "outcome" }, ...lines));
      this.element.focus();
    } catch (error) {
      const problem: Problem = error instanceof Refused ? error.problem : { message: String(error) };
      said.hidden = false;
      fill(said, problem.message, problem.hint ? ` ${problem.hint}` : "");
      fill(button, "Not carried out");
    }
  }
}

function change(told: Change): HTMLElement {
  const sign = told.operation === "create" ? "+" : told.operation === "delete" ? "−" : "~";
  const place = [told.account, told.region].filter(Boolean).join(" ");
  const rows = told.differences.map((d) => h("tr", {}, h("th", { scope: "row" }, d.property), h("td", { class: "old" }, text(d.old)), h("td", { class: "new" }, text(d.new))));
  return h(
    "article",
    { class: `change ${told.operation}` },
    h("h4", {}, h("span", { class: "sign", "aria-hidden": "true" }, sign), `${told.operation} `, h("code", {}, told.table), " ", told.identifier ?? "", h("small", {}, ` ${place}`)),
    rows.length ? h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "property"), h("th", { scope: "col" }, "before"), h("th", { scope: "col" }, "after"))), h("tbody", {}, ...rows)) : null,
  );
}

function text(value: unknown): string {
  return value === null || value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value);
}
