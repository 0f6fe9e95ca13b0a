// survey.js: a page of a survey that follows its answers at once and saves them as they are given. Without it, the same
// page does the same when its button is pressed.

import { improve } from "./controls";
import { speak } from "./embedded";
import type { Values } from "./expressions/evaluate";
import type { Logic } from "./flow";
import { Live } from "./live";
import { Saving } from "./saving";

interface Page extends Logic {
  page: string;
  values?: Values;
  words?: { required?: string; saved?: string };
}

function start(): void {
  speak();
  const form = document.querySelector<HTMLFormElement>("form#survey");
  const told = document.getElementById("page")?.textContent;
  if (!form || !told) return;
  const page = JSON.parse(told) as Page;
  const saving = new Saving(form, page.words?.saved ?? "✓");
  new Live(form, page, page.page, page.values ?? {}, page.words?.required ?? "*");
  improve(form);
  saving.opened();
}

start();
