// The editor of one statement or many: colours, completion as the shell has it, errors underlined where they are.

import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap } from "@codemirror/autocomplete";
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, toggleLineComment } from "@codemirror/commands";
import { PostgreSQL, SQLDialect, sql } from "@codemirror/lang-sql";
import { HighlightStyle, bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, Prec } from "@codemirror/state";
import type { Transaction } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
  placeholder,
  tooltips,
} from "@codemirror/view";
import type { Tooltip } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { act, inCharacters, inUnits } from "./api";
import type { Candidate, Meaning, Problem } from "./api";
import { h } from "./dom";

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, class: "t-word" },
  { tag: [tags.string, tags.special(tags.string)], class: "t-text" },
  { tag: [tags.number, tags.bool, tags.null], class: "t-number" },
  { tag: [tags.lineComment, tags.blockComment], class: "t-comment" },
  { tag: [tags.typeName, tags.standard(tags.name)], class: "t-type" },
  { tag: tags.operator, class: "t-operator" },
]);

// PostgreSQL's own list has `name`, `state`, `type` and hundreds more, which are columns here.
const WORDS =
  "all and any array as asc between both by case cast collate create cross current_date current_timestamp deallocate delete desc describe " +
  "distinct drop else end except exec execute exists explain extended false fetch filter first following for from full grouping group having " +
  "ilike in inner insert intersect into is join last lateral left like limit materialized not null nulls offset of on or order outer over " +
  "partition preceding prepare range recursive refresh returning right rollup row rows select set show sets some table tables temp temporary " +
  "then to true unbounded union unique update use using values view when where window with within without analyze begin commit rollback";
const DIALECT = SQLDialect.define({ ...PostgreSQL.spec, keywords: WORDS, builtin: "" });

const KINDS: Record<string, string> = {
  table: "class",
  column: "property",
  member: "property",
  value: "text",
  function: "function",
  setting: "constant",
  keyword: "keyword",
};

// Where text is typed over a selection, Chromium would merge lines itself and write inline styles into them, which the page's policy refuses
// with a line in the console each. So the editor puts the text in, as it does for every other key.
const TYPED_OVER = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main, ranges } = view.state.selection;
    if (event.inputType !== "insertText" || !event.data || view.composing || ranges.every((range) => range.empty)) return false;
    const text = event.data;
    const typed = (): Transaction => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    const isHandled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, text, typed));
    if (!isHandled) view.dispatch(typed());
    event.preventDefault();
    return true;
  },
});

export interface EditorEvents {
  changed(): void;
  moved(): void;
  run(): void;
  tidy(): void;
  leave(): void;
}

export class Editor {
  readonly view: EditorView;
  private state: Map<string, EditorState> = new Map();
  private shown = "";
  private runs = 0;

  constructor(
    place: HTMLElement,
    private readonly events: EditorEvents,
  ) {
    this.view = new EditorView({ parent: place, state: this.made("") });
  }

  /** Shows the text of a tab, with the history and selection that it had. */
  show(tab: string, text: string): void {
    if (this.shown) this.state.set(this.shown, this.view.state);
    this.shown = tab;
    this.view.setState(this.state.get(tab) ?? this.made(text));
    this.events.changed();
  }

  forget(tab: string): void {
    this.state.delete(tab);
    if (this.shown === tab) this.shown = "";
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get tab(): string {
    return this.shown;
  }

  /** The whole text and where the cursor is in it; where something is selected, that alone. */
  get asked(): { text: string; position: number; offset: number } {
    const { from, to, head } = this.view.state.selection.main;
    const selected = this.view.state.sliceDoc(from, to);
    if (selected.trim()) return { text: selected, position: 0, offset: from };
    return { text: this.text, position: inCharacters(this.text, head), offset: 0 };
  }

  put(text: string): void {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: text.length } });
    this.view.focus();
  }

  insert(text: string): void {
    this.view.dispatch(this.view.state.replaceSelection(text), { scrollIntoView: true });
    this.view.focus();
  }

  /** Puts the statement, or what is selected, in order; undone by one Ctrl+Z. */
  async tidy(): Promise<void> {
    const { from, to } = this.view.state.selection.main;
    const [start, end] = from === to ? [0, this.view.state.doc.length] : [from, to];
    const before = this.view.state.sliceDoc(start, end);
    const { text } = await act<{ text: string }>("tidy", { text: before });
    if (text === before || this.view.state.sliceDoc(start, end) !== before) return;
    this.view.dispatch({ changes: { from: start, to: end, insert: text }, selection: { anchor: start + text.length }, scrollIntoView: true, userEvent: "tidy" });
    this.view.focus();
  }

  private async meaning(at: number): Promise<Tooltip | null> {
    const text = this.text;
    const told = await act<Meaning>("meaning", { editor: this.shown, text, position: inCharacters(text, at) }).catch((): Meaning => ({}));
    if (!told.name) return null;
    const head = h("p", {}, h("code", {}, told.name), " ", h("small", {}, told.detail || told.kind));
    const element = h("div", { class: "meaning" }, head, told.about ? h("p", {}, told.about) : null);
    return { pos: inUnits(text, told.from ?? 0), end: inUnits(text, told.to ?? 0), above: true, create: () => ({ dom: element }) };
  }

  underline(problem: Problem | undefined, offset = 0): void {
    const text = this.text;
    if (!problem || problem.position === undefined) {
      this.view.dispatch(setDiagnostics(this.view.state, []));
      return;
    }
    const from = Math.min(offset + inUnits(text.slice(offset), problem.position), Math.max(0, text.length - 1));
    const word = /^[\w$."]+/.exec(text.slice(from))?.[0].length ?? 1;
    const message = problem.hint ? `${problem.message}\n${problem.hint}` : problem.message;
    const to = Math.min(text.length, from + word);
    this.view.dispatch(setDiagnostics(this.view.state, [{ from: Math.max(0, from), to, severity: "error", message }]));
  }

  private made(text: string): EditorState {
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
    const run = (): boolean => {
      this.runs++;
      closeCompletion(this.view);
      this.events.run();
      return true;
    };
    const leave = (): boolean => {
      this.events.leave();
      return true;
    };
    return EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorView.contentAttributes.of({ "aria-label": "SQL. Escape, then Tab, leaves the editor", "aria-multiline": "true" }),
        Prec.highest(keymap.of([{ key: "Mod-Enter", run }, { key: "Shift-Enter", run }, { key: "Shift-Alt-f", run: () => (this.events.tidy(), true) }])),
        keymap.of([{ key: "Tab", run: acceptCompletion }, { key: "Mod-/", run: toggleLineComment }, { key: "F6", run: leave }]),
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        TYPED_OVER,
        highlightSelectionMatches(),
        search({ top: true }),
        hoverTooltip((_, at) => this.meaning(at), { hoverTime: 350 }),
        tooltips({ parent: document.body }),
        sql({ dialect: DIALECT, upperCaseKeywords: true }),
        syntaxHighlighting(COLOURS),
        placeholder("SELECT … FROM aws.…"),
        EditorView.lineWrapping,
        autocompletion({ override: [(context) => this.complete(context)], maxRenderedOptions: 60, icons: false }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.events.changed();
          else if (update.selectionSet) this.events.moved();
        }),
      ],
    });
  }

  private async complete(context: CompletionContext): Promise<CompletionResult | null> {
    const text = context.state.doc.toString();
    const before = text.slice(Math.max(0, context.pos - 1), context.pos);
    if (!context.explicit && !/[\w."'>]/.test(before)) return null;
    const abort = new AbortController();
    context.addEventListener("abort", () => abort.abort());
    const position = inCharacters(text, context.pos);
    const runs = this.runs;
    try {
      const found = await act<{ candidates: Candidate[] }>("complete", { editor: this.shown, text, position }, abort.signal);
      const first = found.candidates[0];
      if (!first || this.runs !== runs) return null; // Whoever has run it wants to see its rows.
      const from = inUnits(text, first.from);
      if (!context.explicit && found.candidates.length === 1 && first.text === text.slice(from, context.pos)) return null;
      const isWord = !context.explicit && from === context.pos && first.kind !== "member" && first.kind !== "value" && before !== ".";
      return isWord ? null : { from, filter: false, options: found.candidates.map(option) };
    } catch {
      return null;
    }
  }
}

function option(candidate: Candidate): Completion {
  const made: Completion = { label: candidate.text, type: KINDS[candidate.kind] ?? "text", detail: candidate.detail || candidate.kind };
  return candidate.about ? { ...made, info: candidate.about } : made;
}
