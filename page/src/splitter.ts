// A bar between two parts that moves it: by pointer, or by the arrow keys.

import { h } from "./dom";

export class Splitter {
  readonly element: HTMLElement;
  private size: number;

  constructor(
    private readonly kind: "rows" | "columns",
    private readonly part: HTMLElement,
    private readonly kept: string,
  ) {
    this.size = Number(localStorage.getItem(kept)) || (kind === "rows" ? 330 : 310);
    this.element = h("div", {
      class: `splitter by-${kind}`,
      role: "separator",
      tabindex: 0,
      "aria-label": kind === "rows" ? "Height of the editor" : "Width of the catalog",
      "aria-orientation": kind === "rows" ? "horizontal" : "vertical",
      onpointerdown: (event: PointerEvent) => this.drag(event),
      onkeydown: (event: KeyboardEvent) => this.typed(event),
    });
    this.set(this.size);
  }

  private set(size: number): void {
    const most = this.kind === "rows" ? window.innerHeight - 160 : Math.min(640, window.innerWidth - 320);
    this.size = Math.round(Math.max(this.kind === "rows" ? 130 : 200, Math.min(most, size)));
    this.part.style.setProperty("--size", `${this.size}px`);
    for (const [name, value] of [["aria-valuenow", this.size], ["aria-valuemin", 130], ["aria-valuemax", Math.max(this.size, most)]] as const) {
      this.element.setAttribute(name, String(value));
    }
    localStorage.setItem(this.kept, String(this.size));
  }

  private drag(event: PointerEvent): void {
    event.preventDefault();
    const at = (moved: PointerEvent): number => (this.kind === "rows" ? moved.clientY : moved.clientX);
    const from = at(event) - this.size;
    const move = (moved: PointerEvent): void => this.set(at(moved) - from);
    this.element.setPointerCapture(event.pointerId);
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("lostpointercapture", () => this.element.removeEventListener("pointermove", move), { once: true });
  }

  private typed(event: KeyboardEvent): void {
    const step = { ArrowUp: -24, ArrowLeft: -24, ArrowDown: 24, ArrowRight: 24 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.set(this.size + step);
  }
}
