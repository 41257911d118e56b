// What the statement at the cursor will ask of AWS, before anything runs: said under the editor while one types.

import { Refused, act } from "./api";
import type { Estimate } from "./api";
import { copyText, counted, fill, h, icon } from "./dom";
import type { Editor } from "./editor";

const PAUSE = 180;

export class EstimateBar {
  readonly element = h("div", { class: "estimate", role: "status", "aria-live": "polite", "aria-label": "What it will ask of AWS" });
  last: Estimate = { kind: "nothing" };
  private timer = 0;
  private abort = new AbortController();

  constructor(
    private readonly editor: () => Editor,
    private readonly told: (estimate: Estimate) => void,
  ) {
    this.show({ kind: "nothing" });
  }

  /** The text or the cursor has changed: what is shown is of the one before, and is shown so. */
  soon(): void {
    this.element.setAttribute("aria-busy", "true");
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), PAUSE);
  }

  private async ask(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const editor = this.editor();
    const { text, position, offset } = editor.asked;
    if (!text.trim()) return this.take({ kind: "nothing" }, offset);
    try {
      this.take(await act<Estimate>("estimate", { editor: editor.tab, text, position }, this.abort.signal), offset);
    } catch (error) {
      if (error instanceof Refused) this.take({ kind: "error", error: error.problem }, offset);
    }
  }

  private take(estimate: Estimate, offset: number): void {
    this.last = estimate;
    this.element.setAttribute("aria-busy", "false");
    this.editor().underline(estimate.error, offset);
    this.show(estimate);
    this.told(estimate);
  }

  private show(estimate: Estimate): void {
    this.element.className = `estimate ${estimate.kind}`;
    fill(this.element, ...this.said(estimate));
  }

  private said(estimate: Estimate): (Node | string)[] {
    switch (estimate.kind) {
      case "nothing":
        return [h("span", { class: "soft" }, "What a statement will ask of AWS is said here, before it runs.")];
      case "error": {
        const problem = estimate.error ?? { message: "" };
        return [h("span", { class: "bad" }, problem.message), problem.hint ? h("span", { class: "soft" }, problem.hint) : ""];
      }
      case "select":
        return this.ofSelect(estimate);
      case "change":
        return [h("b", {}, `${estimate.tag}`), h("span", {}, "changes resources: running it shows the plan first.")];
      default:
        return [h("b", {}, estimate.tag ?? ""), h("span", { class: "soft" }, "asks AWS nothing.")];
    }
  }

  private ofSelect(estimate: Estimate): (Node | string)[] {
    const calls = estimate.calls ?? 0;
    const depending = estimate.depending ?? [];
    const permissions = estimate.permissions ?? [];
    if (!calls && !depending.length) return [h("b", {}, "No calls"), h("span", { class: "soft" }, "this is answered without AWS.")];
    const open = depending.length ? `at least ${counted(calls, "call")}` : counted(calls, "call");
    const facts: (Node | string)[] = [fact(open, depending.join("\n"), "calls")];
    if (estimate.places) facts.push(fact(counted(estimate.places, "place"), "accounts × regions that are asked", "places"));
    facts.push(fact(estimate.seconds ? `${depending.length ? "≥ " : ""}${estimate.seconds} s` : "< 0.1 s", "by AWS's documented rates", "time"));
    const policy = estimate.policy;
    if (policy) {
      const button = h("button", { class: "fact link", type: "button", title: permissions.join("\n") }, counted(permissions.length, "permission"));
      button.addEventListener("click", () => showPolicy(permissions, policy));
      facts.push(button);
    }
    return facts;
  }
}

function fact(text: string, title: string, name: string): HTMLElement {
  return h("span", { class: `fact ${name}`, title }, text);
}

export function showPolicy(permissions: string[], policy: string): void {
  const dialog = h("dialog", { class: "sheet", "aria-label": "Permissions" });
  fill(
    dialog,
    h(
      "header",
      {},
      h("h2", {}, counted(permissions.length, "permission")),
      h("button", { class: "quiet square", type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
    ),
    h("p", { class: "soft" }, "The least that lets this statement answer completely:"),
    h("pre", { tabindex: 0 }, policy),
    h("footer", {}, h("button", { type: "button", class: "primary", onclick: () => void copyText(policy) }, icon("copy"), "Copy the policy")),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
