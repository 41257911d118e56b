// What could not be read: where, why, and what would mend it.

import type { Failure } from "./api";
import { copyText, h, icon } from "./dom";

export function failure(told: Failure): HTMLElement {
  const places = told.places.join(", ") + (told.more ? ` and ${told.more} more` : "");
  const policy = told.policy;
  return h(
    "article",
    { class: "failure" },
    h("h3", {}, h("code", {}, told.operation), " ", told.code),
    h("p", { class: "places" }, places),
    h("p", {}, told.message),
    told.columns.length ? h("p", { class: "soft" }, `NULL there: ${told.columns.join(", ")}`) : null,
    h("p", { class: "advice" }, told.advice),
    policy ? h("pre", { tabindex: 0 }, policy) : null,
    policy ? h("button", { type: "button", onclick: () => void copyText(policy) }, icon("copy"), "Copy the policy") : null,
  );
}
