// kiosk.js: a survey that people answer one after the other on a tablet, with or without a network.

import { improve } from "../survey/controls";
import type { Values } from "../survey/expressions/evaluate";
import { accept, begin, COMMENT, ending, isEmpty, nextPage, type Problem, previousPage } from "../survey/flow";
import { Live } from "../survey/live";
import { uuid } from "../snippet/ids";
import type { Data, Language } from "./data";
import { type Kept, Queue, type Step } from "./queue";
import { lay, pipe } from "./sheet";
import { Staff } from "./panel";

const WARN_SECONDS = 10;
const THANKS_SECONDS = 12;
const FRESH_MS = 5 * 60_000;

const find = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;

const read = (root: ParentNode): Data => JSON.parse(root.querySelector("#kiosk-data")?.textContent ?? "{}") as Data;

/** The clock of this device with its offset, as expressions and the server read it. */
function moment(): string {
  const here = new Date();
  const ahead = -here.getTimezoneOffset();
  const two = (number: number): string => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const local = new Date(Number(here) + ahead * 60_000).toISOString().slice(0, 19);
  return `${local}${ahead < 0 ? "-" : "+"}${two(ahead / 60)}:${two(ahead % 60)}`;
}

type Screen = "start" | "survey" | "end" | "left";

class Kiosk {
  private data = read(document);
  private language = this.data.languages[0]!;
  private row: Kept | undefined;
  private values: Values = {};
  private page = "";
  private live: Live | undefined;
  private since = 0;
  private touched = Date.now();
  private refreshed = Date.now();
  private screen: Screen = "start";
  /** Something is being written: a second press does not do it twice. */
  private busy = false;
  private readonly warning = find<HTMLDialogElement>("idle");

  constructor(private readonly queue: Queue) {
    find("begin").addEventListener("click", () => void this.begin());
    find("again").addEventListener("click", () => this.reset());
    find("resume").addEventListener("click", () => this.reset());
    find("over").addEventListener("click", () => void this.leave());
    find("back").addEventListener("click", () => void this.back());
    for (const kind of ["input", "change"]) find("survey").addEventListener(kind, this.label);
    find("survey").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.next();
    });
    for (const kind of ["pointerdown", "keydown", "input", "wheel"])
      addEventListener(kind, () => this.touch(), { capture: true, passive: true });
    setInterval(() => this.tick(), 500);
    new Staff(() => this.data.exit, queue, this.said, () => void this.leave().then(() => this.show("left")));
    this.languages();
    this.reset();
  }

  private readonly said = (word: string): string => this.language.words[word] ?? word;

  /** Puts the words of the language everywhere. */
  private speak(language: Language): void {
    this.language = language;
    document.documentElement.lang = language.code;
    document.documentElement.dir = language.dir;
    for (const each of document.querySelectorAll<HTMLElement>("[data-word]"))
      each.textContent = this.said(each.dataset.word ?? "");
    for (const id of ["title", "survey-title"]) find(id).textContent = language.title;
    find("description").textContent = language.description;
    for (const button of document.querySelectorAll<HTMLElement>("#languages button"))
      button.setAttribute("aria-pressed", String(button.lang === language.code));
  }

  private languages(): void {
    const buttons = this.data.languages.map((language) => {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "quiet",
        textContent: language.name,
        lang: language.code,
      });
      button.addEventListener("click", () => this.speak(language));
      return button;
    });
    find("languages").replaceChildren(...(buttons.length > 1 ? buttons : []));
  }

  private show(screen: Screen): void {
    this.screen = screen;
    for (const name of ["start", "survey", "end", "left"]) find(name).hidden = name !== screen;
    const heading = find(screen).querySelector<HTMLElement>("h1");
    // whoever cannot see that the screen has changed is put to its beginning
    heading?.setAttribute("tabindex", "-1");
    if (screen !== "start" || document.activeElement !== document.body) heading?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  private reset(): void {
    this.row = undefined;
    this.live = undefined;
    this.values = {};
    this.warning.close();
    find("questions").replaceChildren();
    this.speak(this.data.languages[0]!);
    this.show("start");
    void this.refresh();
  }

  /** A newer version of the survey takes its place between two people, never under one. */
  private async refresh(): Promise<void> {
    if (Date.now() - this.refreshed < FRESH_MS || !navigator.onLine) return;
    this.refreshed = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !fresh.querySelector("#kiosk-data") || this.screen !== "start") return;
      find("sheets").replaceWith(document.adoptNode(fresh.querySelector("#sheets")!));
      this.data = read(fresh);
      this.languages();
      this.speak(this.data.languages[0]!);
    } catch {
      // as it is, until the network is back
    }
  }

  private async begin(): Promise<void> {
    const { logic, survey, version } = this.data;
    const asked = new URLSearchParams(location.search);
    const hidden = Object.fromEntries([...asked].filter(([name]) => Object.hasOwn(logic.hidden, name)));
    this.values = begin(logic, hidden, moment()).values;
    this.row = {
      client_id: uuid(),
      survey,
      version,
      language: this.language.code,
      hidden,
      begun_at: moment(),
      steps: [],
      state: "open",
    };
    void document.documentElement.requestFullscreen?.().catch(() => undefined);
    void navigator.wakeLock?.request("screen").catch(() => undefined);
    this.turn(nextPage(logic, this.values, undefined, moment()));
  }

  /** Turns to a page, or to the end. */
  private turn(page: string | undefined): void {
    if (page === undefined) return this.end();
    this.page = page;
    this.since = performance.now();
    const questions = find("questions");
    lay(questions, this.data, this.language, page, this.values);
    find("errors").hidden = true;
    this.live = new Live(questions, this.data.logic, page, this.values, this.said("required"), moment);
    improve(questions);
    const { logic } = this.data;
    this.label();
    find("back").hidden = previousPage(logic, this.values, page, moment()) === undefined;
    const pages = logic.nodes.filter(({ kind }) => kind === "page").map(({ name }) => name);
    const progress = find<HTMLProgressElement>("progress");
    progress.max = pages.length;
    progress.value = pages.indexOf(page);
    progress.hidden = pages.length < 2;
    progress.setAttribute("aria-label", this.said("page_of").replace("{page}", String(progress.value + 1)).replace("{pages}", String(pages.length)));
    this.show("survey");
  }

  /** What the button does follows from the answers. */
  private readonly label = (): void => {
    const following = nextPage(this.data.logic, this.live?.state ?? this.values, this.page, moment());
    find("next").textContent = this.said(following === undefined ? "send" : "next");
  };

  private step(move: Step["move"]): Step {
    const seconds = Math.round((performance.now() - this.since) / 100) / 10;
    return { page: this.page, given: this.live?.given() ?? {}, at: moment(), seconds, move };
  }

  private async next(): Promise<void> {
    const { row, live } = this;
    if (!row || !live || this.busy) return;
    const step = this.step("next");
    const { settled, problems } = accept(this.data.logic, this.values, this.page, step.given, step.at);
    if (problems.length) return this.complain(problems);
    this.values = settled.values;
    row.steps.push(step);
    const page = nextPage(this.data.logic, this.values, this.page, step.at);
    if (page === undefined) row.state = "finished";
    await this.write(row);
    this.turn(page);
  }

  private async back(): Promise<void> {
    if (!this.row || this.busy) return;
    const step = this.step("back");
    this.values = accept(this.data.logic, this.values, this.page, step.given, step.at, false).settled.values;
    this.row.steps.push(step);
    await this.write(this.row);
    this.turn(previousPage(this.data.logic, this.values, this.page, step.at));
  }

  private async write(row: Kept): Promise<void> {
    this.busy = true;
    await this.queue.put(row).finally(() => (this.busy = false));
  }

  private complain(problems: Problem[]): void {
    const told = problems.filter(({ question }, at) => problems.findIndex((each) => each.question === question) === at);
    const lines = told.map(({ question, code }) => {
      const box = find("questions").querySelector<HTMLElement>(`[data-question="${CSS.escape(question)}"]`);
      const line = document.createElement("li");
      const link = Object.assign(document.createElement("a"), {
        href: `#${box?.id ?? ""}`,
        textContent: box?.querySelector("legend")?.textContent?.trim() ?? question,
      });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        box?.querySelector<HTMLElement>("input:not([type=hidden]),select,textarea")?.focus();
      });
      const message = this.language.messages[question]?.[code] ?? this.said("problem_type");
      line.append(link, `: ${message}`);
      return line;
    });
    const errors = find("errors");
    errors.querySelector("ul")!.replaceChildren(...lines);
    errors.hidden = false;
    errors.focus();
    errors.scrollIntoView({ block: "nearest" });
  }

  private end(): void {
    const place = ending(this.data.logic, this.values, moment());
    const own = this.language.closings[place + 1] ?? "";
    const told = find("thanks");
    // the server has cleaned it: it is the survey's own
    told.innerHTML = own || `<p>${this.said("thanks_told_kiosk")}</p>`;
    pipe(told, this.data.logic, this.language, this.values);
    this.row = undefined;
    this.show("end");
  }

  /** Somebody went away: what was answered is kept. */
  private async leave(): Promise<void> {
    const { row } = this;
    if (row && this.screen === "survey") {
      const step = this.step("stay");
      const said = Object.entries(step.given).some(([name, value]) => !name.endsWith(COMMENT) && !isEmpty(value));
      if (said) row.steps.push(step);
      if (row.steps.length) await this.queue.put({ ...row, state: "partial" });
    }
    this.reset();
  }

  private touch(): void {
    this.touched = Date.now();
    if (this.warning.open) this.warning.close();
  }

  private tick(): void {
    const idle = (Date.now() - this.touched) / 1000;
    if (this.screen === "end" && idle > Math.min(THANKS_SECONDS, this.data.idle)) this.reset();
    if (this.screen !== "survey") return;
    const left = Math.ceil(this.data.idle - idle);
    if (left <= 0) {
      this.touch();
      void this.leave();
    } else if (left <= Math.min(WARN_SECONDS, this.data.idle / 2)) {
      find("left-seconds").textContent = String(left);
      if (!this.warning.open) this.warning.showModal();
    }
  }
}

async function start(): Promise<void> {
  const { survey } = read(document);
  if (!survey) return;
  const address = location.pathname;
  let told = (): void => undefined;
  const queue = await Queue.open(survey, address, () => told());
  new Kiosk(queue);
  const waiting = find("waiting");
  told = () => void queue.counts().then((counts) => (waiting.textContent = counts.waiting ? String(counts.waiting) : ""));
  told();
  await keep(address).catch((failure: unknown) => {
    console.warn("cxloop: this kiosk will not open without a network:", failure);
  });
}

/** Has everything that this page needs kept by a worker whose scope is this kiosk's own address. */
async function keep(address: string): Promise<void> {
  await navigator.serviceWorker.register("/s/-/kioskworker.js", { scope: address });
  await navigator.serviceWorker.ready;
  const parts = document.querySelectorAll<HTMLLinkElement | HTMLScriptElement>("link[rel=stylesheet],script[src]");
  const addresses = [...parts].map((part) => (part instanceof HTMLLinkElement ? part.href : part.src));
  await (await caches.open(`cxloop-kiosk ${address}`)).addAll([address, ...addresses]);
  document.documentElement.dataset.offline = "ready";
}

void start();
