// Clicks and forms that a site has marked. Only the mark is told: no text of an element, no address of a link, and never
// what stands in a field.

import type { Properties } from "./tracker";

const PROPERTY = "cxProp";

/** What the site itself wrote beside its mark: data-cx-prop-plan="pro" becomes plan: "pro". */
function marked(element: HTMLElement): Properties {
  const found: Properties = {};
  for (const [name, value] of Object.entries(element.dataset)) {
    if (name.startsWith(PROPERTY) && name !== PROPERTY && value !== undefined) {
      found[name[PROPERTY.length]!.toLowerCase() + name.slice(PROPERTY.length + 1)] = value;
    }
  }
  return found;
}

/** Names of the fields that were filled in, for a form that asks for it with data-cx-fields. Never of hidden ones. */
function filled(form: HTMLFormElement): string[] {
  const names = new Set<string>();
  for (const field of form.elements) {
    const { name, type, value, checked } = field as HTMLInputElement;
    const chosen = type === "checkbox" || type === "radio" ? checked : value;
    if (name && chosen && !/^(hidden|password|submit|button|reset|image|fieldset|output)$/.test(type)) names.add(name);
  }
  return [...names];
}

function within(event: Event, selector: string): HTMLElement | null {
  const target = event.target;
  return target instanceof Element ? target.closest<HTMLElement>(selector) : null;
}

export function capture(track: (event: string, properties: Properties) => void): void {
  // while the event goes down: a page that stops it on its way up does not hide it
  document.addEventListener(
    "click",
    (event) => {
      const element = within(event, "[data-cx-track]");
      const name = element?.dataset.cxTrack;
      if (element && name) track(name, marked(element));
    },
    true,
  );
  document.addEventListener(
    "submit",
    (event) => {
      const form = within(event, "form[data-cx-form]");
      const name = form?.dataset.cxForm;
      if (!(form instanceof HTMLFormElement) || !name) return;
      const fields = form.dataset.cxFields === undefined ? {} : { fields: filled(form) };
      track("Form Submitted", { ...marked(form), form: name, ...fields });
    },
    true,
  );
}
